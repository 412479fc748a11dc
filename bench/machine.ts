import { arch, availableParallelism, loadavg, platform } from 'node:os';

/** What a reader needs to judge the numbers; nothing that names the machine. */
export function machine() {
  const facts = {
    node: process.versions.node,
    platform: platform(),
    arch: arch(),
    cores: availableParallelism(),
    /** Processes that were running or waiting, over the last minute. */
    loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
  const { node, cores, loadAverage } = facts;
  return {
    facts,
    text: `Node ${node}, ${facts.platform} ${facts.arch}, ${cores} cores, load average ${loadAverage} at the start`,
  };
}
