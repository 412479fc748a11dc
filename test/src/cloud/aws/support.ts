import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { stringify } from 'yaml';
import type { Deps } from '../../../../src/command.js';
import { topologyOf } from '../../../../src/config/aws/of-config.js';
import type { AwsPlace, AwsTopology, SourcePlan } from '../../../../src/config/aws/topology.js';
import { CONFIG } from '../../../../src/config/schema.js';
import { folderWith } from '../../../support/cli.js';
import { fakeOutput } from '../../support.js';

/** Nobody but the test says who may do what. */
const FORGOTTEN = [
  ...['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL'],
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN'],
  ...['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'],
];

/** The environment of every test: no credentials and no files of AWS, but for what it sets. */
export function inAwsEnv(env: () => Readonly<Record<string, string>>): void {
  let before: NodeJS.ProcessEnv;
  beforeEach(() => {
    before = { ...process.env };
    for (const name of FORGOTTEN) Reflect.deleteProperty(process.env, name);
    const nowhere = join(folderWith({}), 'none');
    Object.assign(process.env, {
      ...{ AWS_CONFIG_FILE: nowhere, AWS_SHARED_CREDENTIALS_FILE: nowhere },
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env(),
    });
  });
  afterEach(() => {
    process.env = before;
  });
}

/** What a configuration asks for. */
export function topologyFrom(config: object): AwsTopology {
  const topology = topologyOf(CONFIG.parse(config));
  if (topology === undefined) throw new Error('the configuration says nothing of AWS');
  return topology;
}

export function firstSource({ sources }: AwsTopology): SourcePlan {
  const [source] = sources;
  if (source === undefined) throw new Error('the configuration has no source on AWS');
  return source;
}

export const placeIn = (accountId: string, more: Partial<AwsPlace> = {}): AwsPlace => ({
  ...{ account: 'main', accountId, region: 'us-east-1', credentials: {} },
  ...more,
});

/** A folder with `tocsin.yaml`. */
export const folderOf = (config: object): string => folderWith({ 'tocsin.yaml': stringify(config) });

/** What a command is given, and what it wrote. */
export function depsIn(cwd: string) {
  const out = fakeOutput();
  const err = fakeOutput();
  const deps: Deps = { cwd, env: {}, out, err, now: Date.now };
  return { deps, out: out.written, err: err.written };
}

/** What a promise was rejected with. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('this was to fail');
    },
    (error: unknown) => error,
  );
