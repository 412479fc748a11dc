import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AwsError } from '../../../../src/cloud/aws/aws-error.js';
import { AwsAccounts } from '../../../../src/cloud/aws/clients.js';
import type { AwsPlace } from '../../../../src/config/aws/topology.js';
import { UsageError } from '../../../../src/errors.js';
import { folderWith } from '../../../support/cli.js';
import { FauxAws, TEST_KEYS, type Verdict } from '../../../support/fauxqs.js';
import {
  startServer,
  type ReceivedRequest,
  type Reply,
  type TestServer,
} from '../../../support/http-server.js';
import { inAwsEnv, placeIn, rejection } from './support.js';

const KEYS = { AWS_ACCESS_KEY_ID: TEST_KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: TEST_KEYS.secretAccessKey };
/** The one account of the emulator. */
const ACCOUNT = '000000000000';

const at = (place: AwsPlace, folder = '.') => new AwsAccounts({ base: 'tocsin-acme' }, folder).at(place);

describe('before anything is asked of an account', () => {
  let aws: FauxAws;
  beforeAll(async () => {
    aws = await FauxAws.start();
  });
  afterAll(() => aws.stop());
  afterEach(() => {
    aws.proxy.decide = () => 'pass';
    aws.proxy.calls.length = 0;
  });
  inAwsEnv(() => ({ ...KEYS, AWS_ENDPOINT_URL: aws.proxy.url }));

  test('the account of the credentials is compared with the one of tocsin.yaml, once a place', async () => {
    const accounts = new AwsAccounts({ base: 'tocsin-acme' }, '.');

    const config = await accounts.at(placeIn(ACCOUNT));
    await accounts.at(placeIn(ACCOUNT));

    expect(config).toMatchObject({ region: 'us-east-1', retryMode: 'standard' });
    expect(aws.proxy.of('GetCallerIdentity')).toHaveLength(1);
  });

  test('credentials of another account are refused, with both ids and the key to correct', async () => {
    const error = await rejection(at(placeIn('111111111111', { account: 'logs' })));

    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({
      code: 'WRONG_ACCOUNT',
      message: expect.stringMatching(/aws\.accounts\.logs\.id is 111111111111, .* account 000000000000/),
      fix: expect.stringContaining('aws.accounts.logs.credentials'),
    });
  });

  test('a request is throttled: it is tried again, and then may be later', async () => {
    aws.proxy.decide = () => stsError(400, 'Throttling', 'Rate exceeded');

    const error = await rejection(at(placeIn(ACCOUNT)));

    expect(error).toMatchObject({ code: 'AWS_FAILED', problem: 'throttled', outcome: 'retry' });
    expect(aws.proxy.of('GetCallerIdentity')).toHaveLength(4);
  });

  test.each([
    [
      'ExpiredToken',
      'The security token included in the request is expired',
      'no-credentials',
      /Log in to AWS/,
    ],
    ['InvalidClientTokenId', 'The security token is invalid', 'no-credentials', /aws\.accounts\.main\.cred/],
    ['RequestTimeTooSkewed', 'too far', 'failed', /clock/],
    ['SomethingNew', 'nobody knows', 'failed', /message names/],
  ])('%s', async (code, message, problem, fix) => {
    aws.proxy.decide = () => stsError(400, code, message);

    const error = await rejection(at(placeIn(ACCOUNT)));

    expect(error).toBeInstanceOf(AwsError);
    expect(error).toMatchObject({
      ...{ problem, outcome: 'permanent', fix: expect.stringMatching(fix) },
      message: expect.stringContaining(
        `sts:GetCallerIdentity on the caller in the account main (${ACCOUNT}, us-east-1)`,
      ),
    });
    expect((error as Error).message).toContain(`${code}: ${message}`);
  });
});

describe('without a way in', () => {
  inAwsEnv(() => ({}));

  test('there are no credentials at all', async () => {
    const error = await rejection(at(placeIn(ACCOUNT)));

    expect(error).toMatchObject({
      problem: 'no-credentials',
      fix: 'Log in to AWS again, or say in aws.accounts.main.credentials how to get into the account.',
    });
  });

  test('there is no such profile', async () => {
    const error = await rejection(at(placeIn(ACCOUNT, { credentials: { profile: 'nobody' } })));

    expect(error).toMatchObject({ problem: 'no-credentials', message: expect.stringContaining('nobody') });
  });

  test('nobody answers', async () => {
    Object.assign(process.env, { ...KEYS, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });

    const error = await rejection(at(placeIn(ACCOUNT)));

    expect(error).toMatchObject({ problem: 'unreachable', outcome: 'retry' });
  });

  test('the session of a single sign-on is over: the command to log in names the profile', async () => {
    process.env.AWS_CONFIG_FILE = join(
      folderWith({
        config:
          '[profile work]\nsso_start_url=https://example.awsapps.com/start\nsso_region=eu-west-1\n' +
          `sso_account_id=${ACCOUNT}\nsso_role_name=Admin\nregion=eu-west-1\n`,
      }),
      'config',
    );

    const error = await rejection(at(placeIn(ACCOUNT, { credentials: { profile: 'work' } })));

    expect(error).toMatchObject({
      problem: 'no-credentials',
      fix: 'Log in again: aws sso login --profile work',
    });
  });
});

describe('the ways into an account', () => {
  let sts: TestServer;
  let reply: (request: ReceivedRequest) => Reply;
  beforeAll(async () => {
    sts = await startServer((request) => reply(request));
  });
  afterAll(() => sts.close());
  beforeEach(() => {
    reply = (request) => ({ status: 200, body: answerOf(request) });
  });
  inAwsEnv(() => ({ ...KEYS, AWS_ENDPOINT_URL: sts.url }));

  const ROLE = `arn:aws:iam::${ACCOUNT}:role/deploy`;
  const forms = (from: number): URLSearchParams[] =>
    sts.requests.slice(from).map(({ body }) => new URLSearchParams(body));

  test('a role is assumed with its external id, under the name of the installation', async () => {
    const from = sts.requests.length;

    await at(placeIn(ACCOUNT, { credentials: { roleArn: ROLE, externalId: 'only-us' } }));

    const [assume, identity] = forms(from);
    expect(Object.fromEntries(assume ?? [])).toMatchObject({
      ...{ Action: 'AssumeRole', RoleArn: ROLE, ExternalId: 'only-us', RoleSessionName: 'tocsin-acme' },
    });
    expect(identity?.get('Action')).toBe('GetCallerIdentity');
    expect(sts.requests.at(-1)?.headers.authorization).toContain('Credential=ASIAROLE');
  });

  test('clients of a place share one assumed role', async () => {
    const accounts = new AwsAccounts({ base: 'tocsin-acme' }, '.');
    const config = await accounts.at(placeIn(ACCOUNT, { credentials: { roleArn: ROLE } }));
    const from = sts.requests.length;

    const { credentials } = config;
    const known = typeof credentials === 'function' ? await credentials() : credentials;

    expect(known.accessKeyId).toBe('ASIAROLE');
    expect(sts.requests).toHaveLength(from);
  });

  test('a token of a pipeline opens a role; its file lies beside tocsin.yaml', async () => {
    const folder = folderWith({ token: 'a.web.token' });
    const from = sts.requests.length;

    await at(placeIn(ACCOUNT, { credentials: { roleArn: ROLE, webIdentityTokenFile: 'token' } }), folder);

    expect(Object.fromEntries(forms(from)[0] ?? [])).toMatchObject({
      ...{ Action: 'AssumeRoleWithWebIdentity', RoleArn: ROLE, WebIdentityToken: 'a.web.token' },
    });
  });

  test('a profile has keys of its own', async () => {
    const folder = folderWith({
      credentials: '[work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=none\n',
    });
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'credentials');

    await at(placeIn(ACCOUNT, { credentials: { profile: 'work' } }));

    expect(sts.requests.at(-1)?.headers.authorization).toContain('Credential=AKIAWORK');
  });

  test('a role that may not be assumed: the error names the action and the role', async () => {
    const message = `User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;
    reply = () => ({ status: 403, body: errorBody('AccessDenied', message) });

    const error = await rejection(at(placeIn(ACCOUNT, { credentials: { roleArn: ROLE } })));

    expect(error).toMatchObject({
      problem: 'denied',
      fix: `Allow sts:AssumeRole on ${ROLE}, in the trust of that role too, or correct aws.accounts.main.credentials.`,
    });
  });
});

function answerOf({ body }: ReceivedRequest): string {
  const action = new URLSearchParams(body).get('Action') ?? '';
  const result =
    action === 'GetCallerIdentity'
      ? `<Arn>arn:aws:iam::${ACCOUNT}:root</Arn><UserId>1</UserId><Account>${ACCOUNT}</Account>`
      : '<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>none</SecretAccessKey>' +
        '<SessionToken>token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>';
  return (
    `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">` +
    `<${action}Result>${result}</${action}Result></${action}Response>`
  );
}

const errorBody = (code: string, message: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

const stsError = (status: number, code: string, message: string): Verdict => ({
  ...{ status, body: errorBody(code, message) },
});
