// Run by sqlite.test.ts as a process of its own, bundled: `child.mjs <path> [pairs]`.
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../detector/state/sqlite.js';
import { StoreError, type StateStore, type Version } from '../../../detector/state/store.js';

const [path = '', work] = process.argv.slice(2);
const say = (what: object): void => void writeSync(1, `${JSON.stringify(what)}\n`);

/** Writes the same number into both documents of a pair, pair after pair, and says what is durable, until killed. */
async function writePairs(store: StateStore): Promise<void> {
  const marks = { due: null, expires: null };
  const write = async (key: string, body: string): Promise<void> => {
    const found = await store.get(key);
    await store.put(key, body, found?.version, marks);
  };
  const SLOTS = 20;
  const first = Number((await store.get('pairs/count'))?.body ?? 0) + 1;
  for (let number = first; ; number++) {
    const body = JSON.stringify({ number, pad: 'x'.repeat((number * 7919) % 5000) });
    const keys = [`pairs/left-${number % SLOTS}`, `pairs/right-${number % SLOTS}`];
    const versions: (Version | undefined)[] = [];
    for (const key of keys) versions.push((await store.get(key))?.version);
    // Started in the same turn: one transaction.
    await Promise.all(keys.map((key, index) => store.put(key, body, versions[index], marks)));
    if (number % 3 !== 0) continue;
    await write('pairs/count', String(number));
    await store.durable();
    say({ durable: number });
  }
}

try {
  const store = await openSqliteStore({ path, commitEveryPuts: 5 });
  say({ opened: true });
  if (work === 'pairs') await writePairs(store);
  else setInterval(() => {}, 1_000_000); // holds the file until it is killed
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  say({ refused: error.message, outcome: error.outcome, fix: error.fix });
}
