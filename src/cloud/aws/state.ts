import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { storedSecretReader } from '../../../detector/destinations/secrets-manager.js';
import { createDynamoClient } from '../../../detector/state/dynamodb-client.js';
import { openDynamoStore } from '../../../detector/state/dynamodb.js';
import type { StateStore } from '../../../detector/state/store.js';
import type { LoadedConfig } from '../../config/load.js';
import type { AwsClientConfig } from './clients.js';
import { awsIn } from './configured.js';

/** The state table with the credentials that the environment has: the detector itself runs here. */
export async function openAsDetector(config: LoadedConfig): Promise<StateStore> {
  const { detector } = awsIn(config).topology;
  const { region } = detector.place;
  return openDynamoStore({ client: createDynamoClient({ region }), table: detector.table.name });
}

/** The same, with those of `aws.accounts`: somebody looks after the detector from here. */
export async function openAsOperator(config: LoadedConfig, cwd: string): Promise<StateStore> {
  const { detector } = awsIn(config).topology;
  const { credentials } = await operator(config, cwd);
  const { region } = detector.place;
  return openDynamoStore({
    client: createDynamoClient({ region, credentials }),
    table: detector.table.name,
  });
}

/** @returns undefined while the secret has no value */
export async function readSecret(
  config: LoadedConfig,
  cwd: string,
  reference: string,
  reader: 'detector' | 'operator',
): Promise<string | undefined> {
  const { detector } = awsIn(config).topology;
  const { region } = detector.place;
  const client = new SecretsManagerClient(reader === 'detector' ? { region } : await operator(config, cwd));
  const names = Object.fromEntries(detector.secrets.map((secret) => [secret.reference, secret.name]));
  try {
    return await storedSecretReader(client, names)(reference);
  } finally {
    client.destroy();
  }
}

function operator(config: LoadedConfig, cwd: string): Promise<AwsClientConfig> {
  const { accounts, topology } = awsIn(config, cwd);
  return accounts.at(topology.detector.place);
}
