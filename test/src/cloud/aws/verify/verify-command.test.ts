import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, PutBucketEncryptionCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { verify } from '../../../../../src/commands/verify.js';
import { detectorTrust } from '../../../../../src/config/aws/detector-trust.js';
import { readerTrust, readingStatements } from '../../../../../src/config/aws/reader-policy.js';
import { policyStatement, type Statement } from '../../../../../src/config/aws/statement.js';
import { describeWith } from '../../../../support/capabilities.js';
import { AwsProxy, type AwsCall, type Verdict } from '../../../../support/fauxqs.js';
import { jsonLines } from '../../../../support/cli.js';
import { Moto, moto, MOTO_ACCOUNT, MOTO_KEYS } from '../../../../support/moto.js';
import { depsIn, firstSource, folderOf, inAwsEnv, rejection, topologyFrom } from '../support.js';

const LOGS = '222222222222';
const REGION = 'eu-central-1';
const KEY = `arn:aws:kms:${REGION}:${LOGS}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const CONFIG = {
  installation: 'acme',
  aws: {
    accounts: {
      security: { id: MOTO_ACCOUNT, region: REGION },
      logs: { id: LOGS, region: REGION, credentials: { roleArn: `arn:aws:iam::${LOGS}:role/look` } },
    },
    detector: { account: 'security' },
  },
  sources: [{ name: 'trail', aws: { account: 'logs' } }],
};
const topology = topologyFrom(CONFIG);
const source = firstSource(topology);
const detector = topology.detector.role.name;
const reader = source.reader.name;

const document = (...statements: readonly Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements.map(policyStatement) });
const DETECTOR_TRUST = document(...detectorTrust(topology));
const DEBUG = document({ sid: 'All', actions: ['s3:*'], resources: ['*'] });

/** The simulator, which the emulator has not: it allows what the design allows, and what a test says. */
const simulator =
  (alsoAllowed: readonly string[] = []) =>
  ({ action, body }: AwsCall): Verdict => {
    if (action !== 'SimulatePrincipalPolicy') return 'pass';
    const form = new URLSearchParams(body.toString());
    const [name = '', resource = ''] = [
      form.get('ActionNames.member.1'),
      form.get('ResourceArns.member.1'),
    ].map(String);
    const context = form.get('ContextEntries.member.1.ContextKeyValues.member.1') ?? '';
    const isAllowed =
      alsoAllowed.includes(name) ||
      (name === 's3:GetObject' && resource.includes('/AWSLogs/')) ||
      (name === 's3:ListBucket' && context.startsWith('AWSLogs/')) ||
      (name === 'kms:Decrypt' && resource === KEY && context === `s3.${REGION}.amazonaws.com`);
    return {
      status: 200,
      body:
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">' +
        '<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member>' +
        `<EvalActionName>${name}</EvalActionName><EvalResourceName>${resource}</EvalResourceName>` +
        `<EvalDecision>${isAllowed ? 'allowed' : 'implicitDeny'}</EvalDecision>` +
        '</member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>',
    };
  };

const denied = (action: string): Verdict => ({
  status: 403,
  body:
    '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: ' +
    `arn:aws:iam::${LOGS}:user/me is not authorized to perform: iam:${action} on resource: role ${reader}` +
    '</Message></Error></ErrorResponse>',
});

describeWith(moto, 'verify, against an emulator of IAM', () => {
  let server: Moto;
  let proxy: AwsProxy;
  let home: IAMClient;
  let logs: IAMClient;
  let s3: S3Client;

  beforeAll(async () => {
    server = await Moto.start();
    proxy = await AwsProxy.before(server.url);
    const clientOf = (keys: { AWS_ACCESS_KEY_ID: string; AWS_SESSION_TOKEN?: string }) => ({
      ...{ endpoint: server.url, region: REGION, forcePathStyle: true },
      credentials: { accessKeyId: keys.AWS_ACCESS_KEY_ID, secretAccessKey: 'none' },
    });
    home = new IAMClient(clientOf(MOTO_KEYS));
    const keys = await server.keysOf(`arn:aws:iam::${LOGS}:role/look`);
    logs = new IAMClient(clientOf(keys));
    s3 = new S3Client(clientOf(keys));
    await s3.send(
      new CreateBucketCommand({
        Bucket: source.bucket.name,
        CreateBucketConfiguration: { LocationConstraint: REGION },
      }),
    );
    await s3.send(
      new PutBucketEncryptionCommand({
        Bucket: source.bucket.name,
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY } }],
        },
      }),
    );
    await home.send(new CreateRoleCommand({ RoleName: detector, AssumeRolePolicyDocument: DETECTOR_TRUST }));
    await logs.send(new CreateRoleCommand({ RoleName: reader, AssumeRolePolicyDocument: DETECTOR_TRUST }));
  });
  beforeEach(async () => {
    proxy.decide = simulator();
    await logs.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: reader,
        PolicyDocument: document(readerTrust(topology, source)),
      }),
    );
    await logs.send(new UpdateRoleCommand({ RoleName: reader, MaxSessionDuration: 3600 }));
    await putPolicy('read-logs', document(...readingStatements(topology, source, KEY)));
  });
  afterEach(() => {
    proxy.calls.length = 0;
  });
  afterAll(async () => {
    for (const client of [home, logs, s3]) client.destroy();
    await proxy.close();
    await server.stop();
  });
  inAwsEnv(() => ({ ...MOTO_KEYS, AWS_ENDPOINT_URL: proxy.url }));

  const putPolicy = (name: string, text: string) =>
    logs.send(new PutRolePolicyCommand({ RoleName: reader, PolicyName: name, PolicyDocument: text }));

  const run = async (sources: readonly string[] = [], options: { json?: boolean } = {}) => {
    const { deps, out, err } = depsIn(folderOf(CONFIG));
    const code = await verify({ ...options, sources }, deps);
    return { code, out: out(), err: err() };
  };
  const findings = async () => {
    const { code, out } = await run(['trail'], { json: true });
    const [, report] = jsonLines(out) as unknown as [unknown, Report];
    return { code, found: report.checks.flatMap((check) => check.findings.map(({ says }) => says)) };
  };

  test('all is as designed', async () => {
    const { code, out, err } = await run();

    expect(code).toBe(0);
    expect(out).toContain(`detector  security  ${topology.detector.role.arn}\n  role        as designed\n`);
    expect(out).toContain(`reader of trail  logs  ${source.reader.arn}\n`);
    expect(out.match(/as designed/g)).toHaveLength(11);
    expect(err).toMatch(/^2 roles: all as designed\.\n.*does not see the policies of the bucket/);
  });

  test('--json: an object a role, and a summary beside it', async () => {
    const { out, err } = await run([], { json: true });

    expect(jsonLines(out)).toMatchObject([
      {
        kind: 'detector',
        checks: ['role', 'trust', 'session', 'boundary'].map((check) => ({ check, state: 'as designed' })),
      },
      {
        ...{ kind: 'reader', of: 'trail', account: 'logs' },
        checks: ['role', 'trust', 'session', 'boundary', 'key', 'policies', 'simulation'].map((check) => ({
          ...{ check, state: 'as designed', findings: [] },
        })),
      },
    ]);
    expect(jsonLines(err)).toMatchObject([{ roles: 2, asDesigned: 2 }]);
  });

  test('what somebody changed by hand is told, with the stack to apply', async () => {
    const loose = { ...readerTrust(topology, source), conditions: [] };
    await logs.send(new UpdateAssumeRolePolicyCommand({ RoleName: reader, PolicyDocument: document(loose) }));
    await logs.send(new UpdateRoleCommand({ RoleName: reader, MaxSessionDuration: 43_200 }));
    await putPolicy('read-logs', document(...readingStatements(topology, source, `${KEY}0`)));

    const { code, found } = await findings();

    expect(code).toBe(1);
    expect(found).toEqual([
      expect.stringContaining('it lacks the condition StringEquals aws:principalaccount'),
      expect.stringContaining('it lacks the condition StringEquals sts:externalid'),
      'its sessions may last 43200 seconds, not 3600 at most',
      expect.stringContaining(`lacks the resources ${KEY}`),
      expect.stringContaining(`has the resources too: ${KEY}0`),
    ]);
    const { out, err } = await run(['trail']);
    expect(out).toContain('→ Apply the stack tocsin-acme-source-trail again.');
    expect(err).toContain('2 roles: 1 as designed, 1 not.');
  });

  test('a policy that was attached to the role', async () => {
    const { Policy: { Arn: PolicyArn } = {} } = await logs.send(
      new CreatePolicyCommand({ PolicyName: 'debug', PolicyDocument: DEBUG }),
    );
    await logs.send(new AttachRolePolicyCommand({ RoleName: reader, PolicyArn }));

    const { found } = await findings();

    await logs.send(new DetachRolePolicyCommand({ RoleName: reader, PolicyArn }));
    expect(found).toEqual([expect.stringContaining(`the policy ${String(PolicyArn)} is attached to it`)]);
  });

  test('more than the design allows shows in the simulation', async () => {
    proxy.decide = simulator(['s3:DeleteObject']);

    const { code, found } = await findings();

    expect(code).toBe(1);
    expect(found).toEqual([
      expect.stringMatching(/^s3:DeleteObject on arn:aws:s3:::\S+ would be allowed, and must not be$/),
    ]);
  });

  test('whoever else may be the detector is told', async () => {
    const other: Statement = {
      ...{ sid: 'Other', actions: ['sts:AssumeRole'], principals: [{ arn: `arn:aws:iam::${LOGS}:root` }] },
    };
    const update = (text: string) =>
      home.send(new UpdateAssumeRolePolicyCommand({ RoleName: detector, PolicyDocument: text }));
    await update(document(...detectorTrust(topology), other));

    const { code, out } = await run();

    await update(DETECTOR_TRUST);
    expect(code).toBe(1);
    expect(out).toContain(
      `it has a statement "Other" that nobody designed: Allow sts:assumerole to arn:aws:iam::${LOGS}:root`,
    );
  });

  test('what may not be asked is not checked, and that is not well', async () => {
    const { decide } = proxy;
    proxy.decide = (call, index) =>
      call.action === 'SimulatePrincipalPolicy' ? denied(call.action) : decide(call, index);

    const { code, out } = await run();

    expect(code).toBe(1);
    expect(out).toContain('simulation  not checked');
    expect(out).toMatch(/→ Allow iam:SimulatePrincipalPolicy on role/);
    expect(out).toContain('policies    as designed');
  });

  test('without the key of the bucket nobody can say what the policy should be', async () => {
    proxy.decide = ({ path }) => (path.includes('encryption') ? s3Denied : 'pass');

    const { code, out } = await run(['trail'], { json: true });

    expect(code).toBe(1);
    const [, report] = jsonLines(out) as unknown as [unknown, Report];
    expect(report.checks.filter(({ state }) => state === 'not checked').map(({ check }) => check)).toEqual([
      ...['key', 'policies', 'simulation'],
    ]);
  });

  test('a request that is throttled ends it: try again later', async () => {
    proxy.decide = ({ action }) =>
      action === 'GetRole'
        ? {
            status: 400,
            body: '<ErrorResponse><Error><Code>Throttling</Code><Message>slow</Message></Error></ErrorResponse>',
          }
        : 'pass';

    expect(await rejection(run())).toMatchObject({ problem: 'throttled', outcome: 'retry' });
  });

  test('a source that is not there', async () => {
    expect(await rejection(run(['nobody']))).toMatchObject({
      code: 'UNKNOWN_SOURCE',
      message: 'There is no source "nobody" on AWS (there is: trail).',
    });
  });

  test('a role that is not there is told, and nothing more is asked about it', async () => {
    await home.send(new DeleteRoleCommand({ RoleName: detector }));

    const { code, out } = await run();

    await home.send(new CreateRoleCommand({ RoleName: detector, AssumeRolePolicyDocument: DETECTOR_TRUST }));
    expect(code).toBe(1);
    expect(out).toContain(`there is no role ${detector}`);
    expect(out).toContain('→ Apply the stack tocsin-acme-detector again.');
  });
});

const s3Denied: Verdict = {
  status: 403,
  body: '<Error><Code>AccessDenied</Code><Message>not authorized</Message></Error>',
};

interface Report {
  readonly checks: readonly {
    readonly check: string;
    readonly state: string;
    readonly findings: readonly { readonly says: string }[];
  }[];
}
