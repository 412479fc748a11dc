import { dirname } from 'node:path';
import { topologyOf } from '../../config/aws/of-config.js';
import type { AwsTopology, SourcePlan } from '../../config/aws/topology.js';
import { loadConfig, type LoadedConfig } from '../../config/load.js';
import { UsageError } from '../../errors.js';
import { AwsAccounts } from './clients.js';

/** What `tocsin.yaml` asks for on AWS, and the ways in. */
export interface ConfiguredAws {
  readonly config: LoadedConfig;
  readonly topology: AwsTopology;
  readonly accounts: AwsAccounts;
  /** Of the configuration. */
  readonly folder: string;
}

/** Of a configuration that is loaded; undefined where it says nothing of AWS. */
export function awsOf(config: LoadedConfig, cwd: string): ConfiguredAws | undefined {
  const topology = topologyOf(config);
  if (topology === undefined) return undefined;
  const folder = config.file === undefined ? cwd : dirname(config.file);
  return { config, topology, folder, accounts: new AwsAccounts(topology, folder) };
}

/** The same where something was found that only a configuration with AWS has. */
export function awsIn(config: LoadedConfig, cwd = '.'): ConfiguredAws {
  const aws = awsOf(config, cwd);
  if (aws === undefined) throw new Error('There is no `aws`; the schema checks that.');
  return aws;
}

/** @throws UsageError when the configuration says nothing of AWS */
export async function loadAws(cwd: string, named: string | undefined): Promise<ConfiguredAws> {
  const config = await loadConfig(cwd, named);
  const aws = awsOf(config, cwd);
  if (aws !== undefined) return aws;
  throw new UsageError(
    'NO_AWS',
    `${config.file ?? 'The configuration'} says nothing of AWS: it has no \`aws\`.`,
    'Say under `aws` which accounts there are and where the detector runs; docs/aws.md walks you through it.',
  );
}

/** The sources of these names; all of them when none is named. @throws UsageError for a name that is no source on AWS */
export function sourcesNamed({ sources }: AwsTopology, names: readonly string[]): readonly SourcePlan[] {
  return names.length === 0 ? sources : names.map((name) => sourceNamed({ sources }, name));
}

export function sourceNamed({ sources }: Pick<AwsTopology, 'sources'>, name: string): SourcePlan {
  const found = sources.find((source) => source.name === name);
  if (found !== undefined) return found;
  const known = sources.map((source) => source.name);
  throw new UsageError(
    'UNKNOWN_SOURCE',
    `There is no source "${name}" on AWS (there is: ${known.join(', ') || 'none'}).`,
    'Name one of these, or give the source an `aws` in tocsin.yaml.',
  );
}
