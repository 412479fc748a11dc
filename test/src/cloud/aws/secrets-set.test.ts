import { Readable } from 'node:stream';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { secretsSetFrom } from '../../../../src/commands/secrets-set.js';
import { describeWith } from '../../../support/capabilities.js';
import { AwsProxy, jsonError } from '../../../support/fauxqs.js';
import { jsonLines } from '../../../support/cli.js';
import { Moto, moto, MOTO_ACCOUNT, MOTO_KEYS } from '../../../support/moto.js';
import { depsIn, folderOf, inAwsEnv, rejection, topologyFrom } from './support.js';

const CONFIG = {
  installation: 'acme',
  aws: {
    accounts: { security: { id: MOTO_ACCOUNT, region: 'eu-central-1' } },
    detector: { account: 'security' },
  },
  destinations: {
    chat: { type: 'slack', token: 'secret:slack-token', channel: '#a' },
    pager: { type: 'pagerduty', routingKey: 'secret:pager-key' },
  },
};
const SECRET = 'xoxb-this-is-the-secret';
const [stored] = topologyFrom(CONFIG).detector.secrets;
const NAME = stored?.name ?? '';

const set = (name: string, options: { json?: boolean } = {}, secret = `${SECRET}\n`) => {
  const { deps, out, err } = depsIn(folderOf(CONFIG));
  const code = secretsSetFrom(Readable.from([Buffer.from(secret)]))({ ...options, name }, deps);
  return { code, out, err };
};

describe('before anybody is asked', () => {
  inAwsEnv(() => ({}));

  test('a name that the configuration does not know is refused, with those that it knows', async () => {
    const { code } = set('slack');

    expect(await rejection(code)).toMatchObject({
      code: 'UNKNOWN_SECRET',
      message: 'tocsin.yaml refers to no secret:slack (it refers to: slack-token, pager-key).',
    });
  });

  test('a configuration without AWS is refused', async () => {
    const { deps } = depsIn(folderOf({ installation: 'acme' }));

    expect(await rejection(secretsSetFrom(Readable.from([]))({ name: 'slack-token' }, deps))).toMatchObject({
      code: 'NO_AWS',
    });
  });
});

describeWith(moto, 'secrets set, against an emulator of Secrets Manager', () => {
  let server: Moto;
  let proxy: AwsProxy;
  let client: SecretsManagerClient;
  beforeAll(async () => {
    server = await Moto.start();
    proxy = await AwsProxy.before(server.url);
    const credentials = { accessKeyId: MOTO_KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: 'none' };
    client = new SecretsManagerClient({ endpoint: server.url, region: 'eu-central-1', credentials });
  });
  afterEach(() => {
    proxy.decide = () => 'pass';
  });
  afterAll(async () => {
    client.destroy();
    await proxy.close();
    await server.stop();
  });
  inAwsEnv(() => ({ ...MOTO_KEYS, AWS_ENDPOINT_URL: proxy.url }));

  test('a secret that nothing has made yet: which stack makes it', async () => {
    expect(await rejection(set('slack-token').code)).toMatchObject({
      problem: 'missing',
      message: `The secret ${NAME} is not there yet in the account security (${MOTO_ACCOUNT}, eu-central-1).`,
      fix: 'Apply the stack tocsin-acme-detector first: it makes the secret, empty.',
    });
  });

  test('the value gets there, and nowhere else', async () => {
    await client.send(new CreateSecretCommand({ Name: NAME }));

    const { code, out, err } = set('slack-token');

    expect(await code).toBe(0);
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: NAME }));
    expect(SecretString).toBe(SECRET);
    expect(out()).toBe(`set  secret:slack-token in security (${MOTO_ACCOUNT}, eu-central-1): ${NAME}\n`);
    expect(err()).toBe('');
  });

  test('--json says where, and not what', async () => {
    const { code, out } = set('slack-token', { json: true });

    expect(await code).toBe(0);
    expect(jsonLines(out())).toEqual([
      {
        ...{ secret: 'slack-token', name: NAME, accountId: MOTO_ACCOUNT, region: 'eu-central-1' },
        ...{ arn: expect.stringContaining(NAME), version: expect.any(String) },
      },
    ]);
    expect(out()).not.toContain(SECRET);
  });

  test.each([
    [
      'is refused',
      'AccessDeniedException',
      'User: me is not authorized to perform: kms:Decrypt',
      /Allow kms:Decr/,
    ],
    ['repeats the secret', 'ValidationException', `The value '${SECRET}' is not right`, /message names/],
    ['repeats it at its end', 'InternalServiceError', 'x'.repeat(480) + SECRET, /./],
  ])('an answer that %s', async (_, code, message, fix) => {
    proxy.decide = ({ action }) => (action === 'PutSecretValue' ? jsonError(400, code, message) : 'pass');

    const error = (await rejection(set('slack-token').code)) as Error;

    expect(error).toMatchObject({ code: 'AWS_FAILED', fix: expect.stringMatching(fix) });
    expect(error.message).toContain('secretsmanager:PutSecretValue on tocsin-acme/slack-token');
    expect(`${error.message}${String(error.cause)}`).not.toContain('xoxb');
  });

  test('a secret that was deleted: the command that takes it back', async () => {
    const message = "You can't perform this operation on the secret because it was marked for deletion.";
    proxy.decide = ({ action }) =>
      action === 'PutSecretValue' ? jsonError(400, 'InvalidRequestException', message) : 'pass';

    expect(await rejection(set('slack-token').code)).toMatchObject({
      problem: 'missing',
      fix: `Take it back: aws secretsmanager restore-secret --region eu-central-1 --secret-id ${NAME}`,
    });
  });
});
