import pLimit from 'p-limit';
import type { BatchResponse, QueueRecord } from './events.js';
import type { Detector } from './detector.js';
import { boundedBy, type TimeLeft } from './time-left.js';

/** Messages that are worked on at the same time: while one waits for S3, another is evaluated. */
const MESSAGES_AT_ONCE = 4;
/** A message is begun only while there is as much time as this; the others come again. */
const LEAST_TIME_MS = 20_000;
/** What is left for the answer, once the sending has to end. */
const ANSWER_MS = 5_000;
/** The first attempt at sending may take so long; the sweep does the rest. */
const SEND_MS = 20_000;
const DELIVERIES_AT_ONCE = 16;

/**
 * Evaluates and counts what messages announce. A message that is answered for is deleted, so everything it brought is
 * durable by then, and its alerts were tried once. One that fails comes again alone.
 */
export async function consume(
  detector: Detector,
  records: readonly QueueRecord[],
  timeLeft: TimeLeft,
): Promise<BatchResponse> {
  const { core, store, statistics, log, now } = detector;
  const limit = pLimit(MESSAGES_AT_ONCE);
  const touched = new Set<string>();
  const done = await Promise.all(
    records.map((record) => limit(() => handle(detector, record, touched, timeLeft))),
  );
  const failed = records.filter((_, i) => done[i] !== true);

  const until = now() + SEND_MS;
  const deliveries = pLimit(DELIVERIES_AT_ONCE);
  const sending = [...touched].map((key) =>
    deliveries(async () => {
      if (now() > until) return;
      try {
        await core.outbox.attempt(key);
      } catch (error) {
        log('warn', `A delivery failed and is tried again by the sweep: ${describe(error)}`);
      }
    }),
  );
  await boundedBy(() => Math.min(timeLeft(), until - now() + ANSWER_MS), ANSWER_MS, Promise.all(sending));
  try {
    await statistics.flush(store, now());
  } catch (error) {
    log('warn', `Statistics were not written: ${describe(error)}`);
  }
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** @returns whether the message may be deleted */
async function handle(
  detector: Detector,
  record: QueueRecord,
  touched: Set<string>,
  timeLeft: TimeLeft,
): Promise<boolean> {
  const { core, store, log, sourceOf, now } = detector;
  const { messageId, eventSourceARN } = record;
  const comesAgain = (why: string, facts: Readonly<Record<string, unknown>> = {}): false => {
    log('warn', `Message ${messageId} comes again: ${why}`, facts);
    return false;
  };
  const source = sourceOf(eventSourceARN);
  if (source === undefined) return comesAgain(`no source has the queue ${eventSourceARN}`);
  try {
    const sent = Number(record.attributes?.SentTimestamp);
    const { units, skipped, isDamaged } = source.read(record.body, Number.isFinite(sent) ? sent : now());
    if (skipped.length > 0)
      log('info', `Skipped ${skipped.length} of what message ${messageId} names`, { skipped });
    for (const unit of units) {
      if (timeLeft() < LEAST_TIME_MS) return comesAgain('the time is over', { units: units.length });
      const { outcome, touched: keys } = await core.processor.process(unit, source.name);
      for (const key of keys) touched.add(key);
      if (outcome.kind === 'retry') return comesAgain(outcome.reason, { unit: unit.name });
    }
    await store.durable();
    return isDamaged ? comesAgain('a part of it names no object') : true;
  } catch (error) {
    return comesAgain(describe(error));
  }
}

const describe = (error: unknown): string =>
  error instanceof Error ? (('code' in error ? undefined : error.stack) ?? error.message) : String(error);
