import pLimit from 'p-limit';
import { isOutside } from '../../feeds/sqs/outside.js';
import type { BatchResponse, QueueRecord } from './events.js';
import type { Detector } from './detector.js';
import { stoppable } from './stoppable.js';
import { boundedBy, type TimeLeft } from './time-left.js';

/** Messages that are worked on at the same time: while one waits for S3, another is evaluated. */
const MESSAGES_AT_ONCE = 4;
/** A message is begun only while there is as much time as this; the others come again. */
const LEAST_TIME_MS = 20_000;
/** What is not counted by then comes again: the rest is for sending what the others brought, and for the answer. */
const COUNT_UNTIL_MS = 12_000;
/** What is left for statistics and the answer, once the sending has to end. */
const ANSWER_MS = 5_000;
/** What is left for the answer alone. */
const LAST_MS = 2_000;
/** The first attempt at sending may take so long; the sweep does the rest. */
const SEND_MS = 20_000;
const DELIVERIES_AT_ONCE = 16;

/**
 * Evaluates and counts what messages announce. A message that is answered for is deleted, so everything it brought is
 * durable by then, and its alerts were tried once. One that fails, or hangs, comes again alone.
 */
export async function consume(
  detector: Detector,
  records: readonly QueueRecord[],
  timeLeft: TimeLeft,
): Promise<BatchResponse> {
  const { core, store, statistics, log, now } = detector;
  const limit = pLimit(MESSAGES_AT_ONCE);
  const touched = new Set<string>();
  const stop = new AbortController();
  const batch = { detector, touched, timeLeft, signal: stop.signal };
  const done = await Promise.all(
    records.map((record) =>
      limit(async () => {
        const isDone = await boundedBy(timeLeft, COUNT_UNTIL_MS, handle(batch, record));
        return isDone ?? comesAgain(batch, record, 'the time is over');
      }),
    ),
  );
  stop.abort();
  const failed = records.filter((_, i) => done[i] !== true);

  const until = now() + SEND_MS;
  const deliveries = pLimit(DELIVERIES_AT_ONCE);
  const sending = [...touched].map((key) =>
    deliveries(async () => {
      if (now() > until) return;
      try {
        await core.outbox.attempt(key, () => now() <= until);
      } catch (error) {
        log('warn', `A delivery failed and is tried again by the sweep: ${describe(error)}`);
      }
    }),
  );
  await boundedBy(() => Math.min(timeLeft(), until - now() + ANSWER_MS), ANSWER_MS, Promise.all(sending));
  try {
    await boundedBy(timeLeft, LAST_MS, statistics.flush(store, now()));
  } catch (error) {
    log('warn', `Statistics were not written: ${describe(error)}`);
  }
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

interface Batch {
  readonly detector: Detector;
  /** Takes the keys of groups with something to deliver. */
  readonly touched: Set<string>;
  readonly timeLeft: TimeLeft;
  /** Ends what is still under way when the batch has its answer. */
  readonly signal: AbortSignal;
}

/** @returns whether the message may be deleted */
async function handle(batch: Batch, record: QueueRecord): Promise<boolean> {
  const { touched, timeLeft, signal } = batch;
  const { core, store, statistics, log, sourceOf, now } = batch.detector;
  const { messageId, eventSourceARN } = record;
  const again = (why: string, facts?: Readonly<Record<string, unknown>>): false =>
    comesAgain(batch, record, why, facts);
  const source = sourceOf(eventSourceARN);
  if (source === undefined) return again(`no source has the queue ${eventSourceARN}`);
  try {
    const sent = Number(record.attributes?.SentTimestamp);
    const { units, skipped, isDamaged } = source.read(record.body, Number.isFinite(sent) ? sent : now());
    for (const { reason } of skipped) statistics.skipped(source.name, reason, now());
    if (skipped.length > 0) {
      const level = skipped.some(({ reason }) => isOutside(reason)) ? 'warn' : 'info';
      log(level, `Skipped ${skipped.length} of what message ${messageId} names`, { skipped });
    }
    for (const unit of units) {
      if (timeLeft() < LEAST_TIME_MS) return again('the time is over', { units: units.length });
      const { outcome, touched: keys } = await core.processor.process(stoppable(unit, signal), source.name);
      for (const key of keys) touched.add(key);
      if (outcome.kind === 'retry') return again(outcome.reason, { unit: unit.name });
    }
    await store.durable();
    return isDamaged ? again('a part of it names no object') : true;
  } catch (error) {
    return again(describe(error));
  }
}

/** What comes to its end after the answer was given for it says nothing. */
function comesAgain(
  { detector, signal }: Pick<Batch, 'detector' | 'signal'>,
  { messageId }: QueueRecord,
  why: string,
  facts: Readonly<Record<string, unknown>> = {},
): false {
  if (!signal.aborted) detector.log('warn', `Message ${messageId} comes again: ${why}`, facts);
  return false;
}

const describe = (error: unknown): string =>
  error instanceof Error ? (('code' in error ? undefined : error.stack) ?? error.message) : String(error);
