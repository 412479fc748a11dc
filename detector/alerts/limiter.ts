import { documentKey } from '../state/keys.js';
import type { StateStore } from '../state/store.js';
import { updateDocument } from './documents.js';

const HOUR_MS = 3_600_000;
/** Alerts remembered by id, so that a repeated write counts none of them twice; 19 bytes each. */
const MOST_REMEMBERED = 2500;
const ID_LENGTH = 16;

interface LimiterBody {
  readonly hour: number;
  readonly alerts: number;
  readonly recent: readonly string[];
}

interface Asked {
  readonly id: string;
  readonly limit: number;
  readonly now: number;
  readonly resolve: (passes: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Counts an alert of a rule within the hour of the clock. Asked again for the same alert within the hour, it answers
 * the same and counts nothing (with limits up to 2,500). Above the limit nothing is written: a runaway rule costs
 * reads.
 * @returns whether the alert is among the first `limit` ones
 */
export type Limiter = (rule: string, alertId: string, limit: number, now: number) => Promise<boolean>;

/** All groups of a rule write one document here: who asks while it is being written is counted in the next write. */
export function createLimiter(store: StateStore): Limiter {
  /** Who asks for the next write, by rule; present while one is under way. */
  const gathered = new Map<string, Asked[]>();

  async function answerAll(rule: string): Promise<void> {
    for (let asks = gathered.get(rule); asks !== undefined && asks.length > 0; asks = gathered.get(rule)) {
      gathered.set(rule, []);
      try {
        const answers = await countAll(store, rule, asks);
        for (const [i, { resolve }] of asks.entries()) resolve(answers[i] === true);
      } catch (error) {
        for (const { reject } of asks) reject(error);
      }
    }
    gathered.delete(rule);
  }

  return (rule, alertId, limit, now) =>
    new Promise((resolve, reject) => {
      const asked = { id: alertId.slice(0, ID_LENGTH), limit, now, resolve, reject };
      const others = gathered.get(rule);
      if (others !== undefined) {
        others.push(asked);
        return;
      }
      gathered.set(rule, [asked]);
      void answerAll(rule);
    });
}

async function countAll(
  store: StateStore,
  rule: string,
  asks: readonly Asked[],
): Promise<readonly boolean[]> {
  const latest = Math.max(...asks.map(({ now }) => now));
  const marks = { due: null, expires: Math.floor(latest) + 2 * HOUR_MS };
  let answers: readonly boolean[] = [];
  await updateDocument(store, documentKey('limit', rule), (body) => {
    const known = body === undefined ? undefined : (JSON.parse(body) as LimiterBody);
    let next = known;
    answers = asks.map((asked) => {
      const counted = count(next, asked);
      next = counted.body;
      return counted.passes;
    });
    return next === known ? undefined : { body: JSON.stringify(next), marks, result: undefined };
  });
  return answers;
}

function count(
  known: LimiterBody | undefined,
  { id, limit, now }: Asked,
): { readonly body: LimiterBody | undefined; readonly passes: boolean } {
  const hour = Math.floor(now / HOUR_MS);
  // A process whose clock is behind does not begin the hour before once more.
  const isCurrent = known !== undefined && (known.hour === hour || known.hour === hour + 1);
  const current = isCurrent ? known : { hour, alerts: 0, recent: [] };
  if (current.recent.includes(id)) return { body: known, passes: true };
  if (current.alerts >= limit) return { body: known, passes: false };
  const recent = [...current.recent, id].slice(-MOST_REMEMBERED);
  return { body: { hour: current.hour, alerts: current.alerts + 1, recent }, passes: true };
}
