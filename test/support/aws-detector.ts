import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { DestinationOptions } from '../../detector/destinations/options.js';
import { openDynamoStore } from '../../detector/state/dynamodb.js';
import type { AwsTopology } from '../../src/config/aws/topology.js';
import { AlertHook } from './alert-hook.js';
import { AwsSource, type Batch } from './aws-source.js';
import { canonicalState } from './canonical.js';
import type { TrailFile } from './cloudtrail-samples.js';
import { folderWith, jsonLines, tocsin, type Run } from './cli.js';
import { createDynamoTable, dynamoClientOf } from './dynalite.js';
import { LambdaInstance, type LambdaOptions } from './lambda.js';
import { credentialsOf, MOTO_KEYS, type AwsEnv } from './moto.js';
import { Serving } from './serving.js';

export interface DeployedDetector {
  /** With the configuration that was applied, and the user's rules. */
  readonly folder: string;
  /** Where AWS is. */
  readonly endpoint: string;
  readonly topology: AwsTopology;
  /** What the function was made of. */
  readonly zip: Uint8Array;
  /** Of the detector's role. */
  readonly keys: AwsEnv;
  /** Of the bucket's account. */
  readonly bucketKeys: AwsEnv;
}

/** A detector that was applied, with its first source, and what tests do with them. */
export class AwsDetector {
  readonly source: AwsSource;
  private calmTable: Promise<string> | undefined;
  private readonly running: (() => Promise<unknown>)[] = [];

  constructor(private readonly deployed: DeployedDetector) {
    const { endpoint, topology, keys, bucketKeys } = deployed;
    const [plan] = topology.sources;
    if (plan === undefined) throw new Error('The configuration has no source on AWS.');
    this.source = new AwsSource(plan, endpoint, { bucket: bucketKeys, queue: keys });
  }

  get endpoint(): string {
    return this.deployed.endpoint;
  }

  /** What the role's session finds in its environment, in a function or in a container. */
  get env(): NodeJS.ProcessEnv {
    const { endpoint, topology, keys } = this.deployed;
    return { ...keys, AWS_REGION: topology.detector.place.region, AWS_ENDPOINT_URL: endpoint };
  }

  /** As `tocsin secrets set` does it. */
  async setSecret(reference: string, value: string): Promise<void> {
    const { endpoint, topology, keys } = this.deployed;
    const { place, secrets } = topology.detector;
    const client = new SecretsManagerClient({
      ...{ endpoint, region: place.region, credentials: credentialsOf(keys) },
    });
    const SecretId = secrets.find((secret) => secret.reference === reference)?.name;
    await client.send(new PutSecretValueCommand({ SecretId, SecretString: value }));
    client.destroy();
  }

  /** An instance of the deployed function. */
  async start({ env, ...more }: Partial<LambdaOptions> = {}): Promise<LambdaInstance> {
    const instance = await LambdaInstance.start({
      ...{ zip: this.deployed.zip, env: { ...this.env, ...env } },
      ...more,
    });
    this.running.push(() => instance.kill());
    return instance;
  }

  /** The same detector as `tocsin serve`, beside the configuration. */
  serve(env: NodeJS.ProcessEnv = {}): Serving {
    const serving = new Serving(this.deployed.folder, { env: { ...this.env, ...env } });
    this.running.push(() => serving.end('SIGKILL'));
    return serving;
  }

  /** A command of whoever looks after it, from elsewhere. */
  operate(...args: readonly string[]): Promise<Run> {
    const env = { ...MOTO_KEYS, AWS_ENDPOINT_URL: this.deployed.endpoint };
    return tocsin(args, { cwd: this.deployed.folder, env });
  }

  /** What the deployed table says. */
  state(): Promise<Record<string, unknown>> {
    const { endpoint, topology, keys } = this.deployed;
    const { place, table } = topology.detector;
    return stateIn(endpoint, table.name, { region: place.region, credentials: credentialsOf(keys) });
  }

  /**
   * What the state would be if every message that was ever given here came once and nothing went wrong: that of the same
   * function with a table and an endpoint of its own.
   */
  async undisturbed(batches: readonly Batch[]): Promise<Record<string, unknown>> {
    const { endpoint, topology } = this.deployed;
    const table = await (this.calmTable ??= createDynamoTable(endpoint));
    const hook = await AlertHook.start();
    const instance = await this.start({
      env: { ...MOTO_KEYS, AWS_SESSION_TOKEN: undefined },
      settings: (deployed) => ({
        ...deployed,
        destinations: Object.fromEntries(
          Object.entries(deployed.destinations).map(([name, options]) => [name, sentTo(hook.url, options)]),
        ),
        aws: { region: topology.detector.place.region, secrets: {}, table },
      }),
    });
    for (const batch of batches) await this.source.deliver(instance, batch);
    await instance.kill();
    await hook.close();
    return stateIn(endpoint, table, { region: topology.detector.place.region });
  }

  /** Ids of the alerts that `tocsin detect` raises for these files, in order. */
  async alertsOf(files: readonly TrailFile[]): Promise<readonly string[]> {
    const logs = folderWith(Object.fromEntries(files.map(({ key, bytes }) => [key, bytes])));
    const { code, out, err } = await tocsin(['detect', logs, '--json'], { cwd: this.deployed.folder });
    if (code !== 0) throw new Error(`detect ended with ${String(code)}: ${err}`);
    return jsonLines(out)
      .map(({ alertId }) => String(alertId))
      .toSorted();
  }

  /** Ends what a test that failed left running, too. */
  async end(): Promise<void> {
    for (const end of this.running) await end();
    this.source.end();
  }
}

/** A webhook elsewhere, which asks for no secret. */
const sentTo = (url: string, options: DestinationOptions): object => ({
  ...{ ...options, url, signingSecrets: undefined },
});

async function stateIn(
  endpoint: string,
  table: string,
  more: Parameters<typeof dynamoClientOf>[1],
): Promise<Record<string, unknown>> {
  const store = openDynamoStore({ client: dynamoClientOf(endpoint, more), table });
  const state = await canonicalState(store);
  await store.close();
  return state;
}
