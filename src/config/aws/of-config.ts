import { referencesIn } from '../../../detector/destinations/secrets.js';
import type { Config } from '../schema.js';
import { awsTopology, type AwsTopology } from './topology.js';

const STORED = 'secret:';

/** What a configuration asks for on AWS; undefined where it says nothing of AWS. */
export function topologyOf({ aws, installation, sources, destinations }: Config): AwsTopology | undefined {
  if (aws === undefined) return undefined;
  return awsTopology({ installation, aws, sources, secrets: storedSecrets(destinations) });
}

/** Names in `secret:NAME` references, each once, in their order. */
export const storedSecrets = (destinations: Config['destinations']): readonly string[] => [
  ...new Set(
    referencesIn(destinations)
      .map(([, reference]) => reference)
      .filter((reference) => reference.startsWith(STORED))
      .map((reference) => reference.slice(STORED.length)),
  ),
];
