import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { createRedactor } from '../../detector/alerts/redact.js';
import { createEngine, type Engine } from '../../detector/engine/engine.js';
import { evaluateUnit } from '../../detector/evaluate-unit.js';
import { logTypes } from '../../detector/logs/index.js';
import type { Processor } from '../../detector/processor.js';
import type { Rule } from '../../detector/rule.js';
import type { StateStore } from '../../detector/state/store.js';
import { filesOf, unitOf, type LoadFile } from '../load.js';
import type { Case, Work } from '../measure.js';
import { evaluateAll, shippedRules, unitOptions } from './engines.js';
import type { Suite } from './suite.js';

const DAY_MS = 86_400_000;
/** Units that `serve` works on at the same time at most. */
const AT_ONCE = 64;

/** The noisiest rule there can be: it stands for matches, not for events. */
const EVERY_EVENT: Rule = {
  id: 'bench.every-event',
  logTypes: ['aws.cloudtrail'],
  name: 'Every event',
  description: 'Matches every event.',
  severity: 'low',
  attack: [],
  falsePositives: [],
  runbook: 'None.',
  match: { eventName: { absent: false } },
  dedup: '{eventName}',
  threshold: 5,
};

/** What exactly-once costs: the same units evaluated, and evaluated with their matches counted in the state file. */
export const ledger: Suite = {
  name: 'ledger',
  title: 'State in SQLite, over the CloudTrail files of the load',
  prepare: async ({ load, scratch }) => {
    const files = filesOf(load, 'aws.cloudtrail');
    const common = { files, scratch, now: await newestOf(files) };
    const engine = shippedRules();
    const noisy = createEngine([{ rule: EVERY_EVENT, reviewed: true }], logTypes);
    const everyEvent = 'every event matches: evaluated';
    return [
      { name: 'evaluated', run: () => evaluateAll(files, unitOptions(engine)) },
      stored('counted, a commit a unit', { ...common, engine, atOnce: 1 }),
      stored(`counted, ${AT_ONCE} units at once`, { ...common, engine, atOnce: AT_ONCE }),
      { name: everyEvent, against: everyEvent, run: () => evaluateAll(files, unitOptions(noisy)) },
      {
        ...stored('- counted, a commit a unit', { ...common, engine: noisy, atOnce: 1 }),
        against: everyEvent,
      },
      {
        ...stored(`- counted, ${AT_ONCE} units at once`, { ...common, engine: noisy, atOnce: AT_ONCE }),
        against: everyEvent,
      },
    ];
  },
};

/** The time of the load's newest event, so that nothing is late. */
async function newestOf(files: readonly LoadFile[]): Promise<number> {
  const sink = { match: () => {}, deadLetter: () => {}, ruleFailure: () => {} };
  let newest = 0;
  for (const file of files) {
    const counts = await evaluateUnit(unitOf(file), file.key, unitOptions(createEngine([], logTypes)), sink);
    newest = Math.max(newest, counts.newest ?? 0);
  }
  return newest;
}

interface Stored {
  readonly files: readonly LoadFile[];
  readonly now: number;
  readonly scratch: string;
  readonly engine: Engine;
  readonly atOnce: number;
}

/** A new state file for each run. */
function stored(name: string, options: Stored): Case {
  const { files, scratch, atOnce } = options;
  let store: StateStore | undefined;
  let processor: Processor | undefined;
  let counted = { events: 0, bytes: 0 };
  return {
    name,
    before: async () => {
      const { openSqliteStore } = await import('../../detector/state/sqlite.js');
      store = await openSqliteStore({ path: join(await mkdtemp(join(scratch, 'state-')), 'state.db') });
      counted = { events: 0, bytes: 0 };
      processor = await processorOn(store, options, ({ events, bytes }) => {
        counted.events += events;
        counted.bytes += bytes;
      });
    },
    run: async (): Promise<Work> => {
      for (let at = 0; at < files.length; at += atOnce) {
        await Promise.all(files.slice(at, at + atOnce).map((file) => process(file)));
      }
      return counted;
    },
    after: async () => store?.close(),
  };

  async function process(file: LoadFile): Promise<void> {
    const unit = { ...unitOf(file), id: file.key, key: file.key, arrival: options.now };
    // What a feed does after a while: units that write the same group at the same time can stand in each other's way.
    let processed = await processor?.process(unit, 'bench');
    while (processed?.outcome.kind === 'retry') processed = await processor?.process(unit, 'bench');
    await store?.durable();
  }
}

async function processorOn(
  store: StateStore,
  { engine, now }: Stored,
  counted: (counts: { readonly events: number; readonly bytes: number }) => void,
): Promise<Processor> {
  const { Processor } = await import('../../detector/processor.js');
  const { rulesetHash } = await import('../../detector/alerts/ledger.js');
  const { sources, limits } = unitOptions(engine);
  return new Processor({
    ...{ store, engine, sources, limits, now: () => now, ruleset: rulesetHash(engine) },
    redact: createRedactor([]),
    routing: { routes: [], fallback: ['bench'] },
    latenessMs: DAY_MS,
    alertRetentionMs: 90 * DAY_MS,
    alertsPerHour: 1000,
    sendLate: false,
    observe: ({ counts }) => counted(counts),
  });
}
