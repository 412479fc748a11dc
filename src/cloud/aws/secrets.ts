import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AwsTopology } from '../../config/aws/topology.js';
import { UsageError } from '../../errors.js';
import { AwsError, ask } from './aws-error.js';
import type { AwsAccounts } from './clients.js';

const ACTION = 'secretsmanager:PutSecretValue';

type StoredSecret = AwsTopology['detector']['secrets'][number];

/** The secret that `secret:NAME` stands for. @throws UsageError when the configuration refers to none of this name */
export function secretNamed({ detector }: AwsTopology, name: string): StoredSecret {
  const found = detector.secrets.find(({ reference }) => reference === name);
  if (found !== undefined) return found;
  const known = detector.secrets.map(({ reference }) => reference);
  throw new UsageError(
    'UNKNOWN_SECRET',
    `tocsin.yaml refers to no secret:${name} (it refers to: ${known.join(', ') || 'none'}).`,
    `Name one of these, or write secret:${name} where a destination takes a secret, and apply the detector's stack.`,
  );
}

/** Writes a value to Secrets Manager, where it stays: it is in no state, no plan, no environment and no log. */
export async function putSecret(
  topology: AwsTopology,
  accounts: AwsAccounts,
  { name }: StoredSecret,
  value: string,
): Promise<{ readonly arn: string; readonly version: string }> {
  const { place } = topology.detector;
  const client = new SecretsManagerClient(await accounts.at(place));
  try {
    const { ARN: arn = '', VersionId: version = '' } = await ask({ action: ACTION, on: name, place }, () =>
      client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value })),
    );
    return { arn, version };
  } catch (error) {
    throw error instanceof AwsError ? putError(error, topology, name, value) : error;
  } finally {
    client.destroy();
  }
}

/** Without a cause, and without the value: a server may put into its answer what it was sent. */
function putError(
  { problem, message, fix, cause }: AwsError,
  { detector, stacks }: AwsTopology,
  name: string,
  value: string,
): AwsError {
  const { account, accountId, region } = detector.place;
  const where = `in the account ${account} (${accountId}, ${region})`;
  if (problem === 'missing') {
    return new AwsError(
      `The secret ${name} is not there yet ${where}.`,
      'missing',
      `Apply the stack ${stacks.detector} first: it makes the secret, empty.`,
    );
  }
  // A deleted secret keeps its name for a while, and takes no value.
  if (/marked for deletion/i.test(message)) {
    return new AwsError(
      `The secret ${name} is marked for deletion ${where}.`,
      'missing',
      `Take it back: aws secretsmanager restore-secret --region ${region} --secret-id ${name}`,
    );
  }
  const repeatsIt = message.includes(value) || (cause instanceof Error && cause.message.includes(value));
  return repeatsIt
    ? new AwsError(
        `${ACTION} on ${name} fails ${where}; the answer repeats the secret and is not shown.`,
        problem,
        fix,
      )
    : new AwsError(message, problem, fix);
}
