import { heardLast, silentSources } from '../../alerts/silence.js';
import type { SystemEvent } from '../../alerts/system-rules.js';
import type { Detector } from './detector.js';
import type { TimeLeft } from './time-left.js';

/** Groups that are looked at in one go; more follow while there is time. */
const GROUPS_AT_ONCE = 200;
const EXPIRED_AT_ONCE = 2_000;
/** What the others need is kept free of it. */
const SEND_UNTIL_MS = 15_000;

/**
 * What nobody else sees to: deliveries that are due again, sources that fell silent, messages that failed for good.
 * One that fails does not keep the others from being done.
 */
export async function sweep(detector: Detector, timeLeft: TimeLeft): Promise<void> {
  const { store, core, settings, log, now, statistics } = detector;
  const touched = new Set<string>();
  const failures: unknown[] = [];
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
      log('error', `${what} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const raise = async (events: readonly SystemEvent[]): Promise<void> => {
    for (const event of events) for (const key of await core.processor.raise(event)) touched.add(key);
  };

  await attempt('Looking for silent sources', async () => {
    const at = now();
    await raise(silentSources(settings.sources, await heardLast(store, settings.sources, at), at));
  });
  await attempt('Looking into the dead-letter queues', async () => raise(await detector.failedMessages()));
  await attempt('Sending what is due', async () => {
    while (timeLeft() > SEND_UNTIL_MS && (await core.outbox.sweep(GROUPS_AT_ONCE)) > 0);
  });
  for (const key of touched) await attempt('A delivery', () => core.outbox.attempt(key));
  await attempt('Forgetting what is old', () => store.expire(now(), EXPIRED_AT_ONCE));
  await attempt('Writing statistics', () => statistics.flush(store, now()));
  // Nothing is lost, and the alarm on errors tells: the next sweep does it again.
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} parts of the sweep failed.`);
}
