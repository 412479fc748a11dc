import { classifierFor } from '../../detector/logs/classify.js';
import { parseRecord } from '../../detector/logs/parse.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import type { JsonObject } from '../../detector/rule.js';
import { filesOf, type LoadFile } from '../load.js';
import type { Work } from '../measure.js';
import { readNaively } from '../naive.js';
import { batchesOf, contentOf } from '../records.js';
import { evaluateAll, shippedRules, tenCopies, tenTimesTheCalls, unitOptions } from './engines.js';
import type { Suite } from './suite.js';

/** Stage by stage, over CloudTrail: what each of them adds. */
export const pipeline: Suite = {
  name: 'pipeline',
  title: 'Stages, over the CloudTrail files of the load',
  prepare: async ({ load }) => {
    const files = filesOf(load, 'aws.cloudtrail');
    const shipped = unitOptions(shippedRules());
    const other = unitOptions(tenTimesTheCalls());
    const copied = unitOptions(tenCopies());
    const { events } = each(files, readNaively);
    return [
      { name: 'decompress + JSON.parse', run: async () => each(files, readNaively) },
      { name: 'decompress', run: async () => ({ events, bytes: each(files, decompressOnly).bytes }) },
      { name: '+ split', run: async () => each(files, (bytes) => walk(bytes, () => {})) },
      { name: '+ parse', run: async () => each(files, (bytes) => walk(bytes, parsed)) },
      { name: '+ classify', run: async () => each(files, classified) },
      { name: 'all rules', run: () => evaluateAll(files, shipped) },
      { name: 'ten times, other calls', against: 'all rules', run: () => evaluateAll(files, other) },
      { name: 'ten times, same calls', against: 'all rules', run: () => evaluateAll(files, copied) },
    ];
  },
};

export function each(
  files: readonly LoadFile[],
  work: (bytes: Buffer) => { readonly events: number; readonly bytes: number },
): Work & { readonly bytes: number } {
  let events = 0;
  let bytes = 0;
  for (const file of files) {
    const done = work(file.bytes);
    events += done.events;
    bytes += done.bytes;
  }
  return { events, bytes };
}

const decompressOnly = (bytes: Buffer) => ({ events: 0, bytes: contentOf(bytes).length });

function walk(bytes: Buffer, record: (bytes: Buffer) => unknown): { events: number; bytes: number } {
  const content = contentOf(bytes);
  let events = 0;
  for (const pieces of batchesOf(content)) {
    for (const piece of pieces) {
      if (piece.kind === 'fault') throw new Error(`The load holds what cannot be read: ${piece.message}`);
      record(piece.bytes);
      events++;
    }
  }
  return { events, bytes: content.length };
}

function parsed(bytes: Buffer): JsonObject {
  const record = parseRecord(bytes);
  if (!record.ok) throw new Error(`The load holds what cannot be parsed: ${record.message}`);
  return record.value;
}

function classified(bytes: Buffer): { events: number; bytes: number } {
  const classify = classifierFor('', sourceMap([]));
  if (classify === 'excluded') throw new Error('Nothing is excluded without a configuration.');
  return walk(bytes, (record) => classify(parsed(record)));
}
