import { heardLast, silentSources } from '../../alerts/silence.js';
import type { SystemEvent } from '../../alerts/system-rules.js';
import { failedMessages } from '../failed-messages.js';
import type { Detector } from './detector.js';
import { boundedBy, type TimeLeft } from './time-left.js';

/** Groups that are looked at in one go; more follow while there is time. */
const GROUPS_AT_ONCE = 200;
const EXPIRED_AT_ONCE = 2_000;
/** A group is begun only while there is as much time as this: an attempt takes half a minute at most, and is recorded. */
const SEND_UNTIL_MS = 45_000;
/** What hangs is left alone when so much time is left: the statistics are written then. */
const REST_MS = 10_000;
/** What is left for the end alone. */
const LAST_MS = 2_000;

/**
 * What nobody else sees to: deliveries that are due again, sources that fell silent, messages that failed for good.
 * One that fails, or hangs, does not keep the others from being done.
 */
export async function sweep(detector: Detector, timeLeft: TimeLeft): Promise<void> {
  const { store, core, settings, log, now, statistics } = detector;
  const touched = new Set<string>();
  const failures: unknown[] = [];
  const failed = (what: string, error: unknown): void => {
    failures.push(error);
    log('error', `${what} failed: ${error instanceof Error ? error.message : String(error)}`);
  };
  const attempt = async (
    what: string,
    work: () => Promise<unknown>,
    reserveMs: number = REST_MS,
  ): Promise<void> => {
    try {
      const isDone = await boundedBy(
        timeLeft,
        reserveMs,
        work().then(() => true),
      );
      if (isDone !== true) throw new Error('There was no time to do it to its end.');
    } catch (error) {
      failed(what, error);
    }
  };
  const mayGoOn = (): boolean => timeLeft() > SEND_UNTIL_MS;
  const raise = async (events: readonly SystemEvent[]): Promise<void> => {
    for (const event of events) for (const key of await core.processor.raise(event)) touched.add(key);
  };

  await Promise.all([
    attempt('Looking for silent sources', async () => {
      const at = now();
      await raise(silentSources(settings.sources, await heardLast(store, settings.sources, at), at));
    }),
    attempt('Looking into the dead-letter queues', async () => {
      const queues = await detector.askDeadLetterQueues();
      for (const { source, answer } of queues)
        if ('problem' in answer) failed(`Looking into the dead-letter queue of ${source}`, answer.problem);
      await raise(failedMessages(queues, now()));
    }),
    attempt('Sending what is due', async () => {
      while (mayGoOn() && (await core.outbox.sweep(GROUPS_AT_ONCE, mayGoOn)) > 0);
    }),
    attempt('Forgetting what is old', () => store.expire(now(), EXPIRED_AT_ONCE)),
  ]);
  for (const key of touched)
    if (mayGoOn()) await attempt('A delivery', () => core.outbox.attempt(key, mayGoOn));
  await attempt('Writing statistics', () => statistics.flush(store, now()), LAST_MS);
  // Nothing is lost, and the alarm on errors tells: the next sweep does it again.
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} parts of the sweep failed.`);
}
