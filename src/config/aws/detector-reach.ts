import { anySource } from './any-source.js';
import type { AwsTopology } from './topology.js';

/** What the detector uses of all sources, as ARNs or as patterns of them. */
export interface DetectorReach {
  readonly queues: readonly string[];
  readonly deadLetters: readonly string[];
  readonly readers: readonly string[];
  /** The pattern of queues fits those of dead letters too. */
  readonly isByPattern: boolean;
}

/** Each of them, and nothing else. */
export const reachByName = (topology: AwsTopology): DetectorReach => reach(topology, false);

/**
 * Also what another installation has whose name begins with this one's and a hyphen. It stays closed: the keys of its
 * queues and the trusts of its readers name its own detector.
 */
export const reachByPattern = (topology: AwsTopology): DetectorReach => reach(topology, true);

function reach(topology: AwsTopology, isByPattern: boolean): DetectorReach {
  const named = topology.sources.map((source) => ({
    ...source,
    put: isByPattern ? anySource(topology, source) : (arn: string) => arn,
  }));
  return {
    queues: unique(named.map(({ put, queue }) => put(queue.arn))),
    deadLetters: unique(named.map(({ put, deadLetters }) => put(deadLetters.arn))),
    readers: unique(named.map(({ put, reader }) => put(reader.arn))),
    isByPattern,
  };
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
