/** A message of a queue, as an event source mapping hands it over; only what is read of it. */
export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  readonly eventSourceARN: string;
  readonly attributes?: { readonly SentTimestamp?: string };
}

export type Invocation =
  | { readonly kind: 'messages'; readonly records: readonly QueueRecord[] }
  /** The schedule's: what is due is sent, sources are looked after. */
  | { readonly kind: 'sweep' };

/** What the schedule sends. */
export const SWEEP_EVENT = { tocsin: 'sweep' } as const;

/** What Lambda takes as an answer: these messages come again, all others are deleted. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Something else than the queues and the schedule called the function. */
export class UnknownEventError extends Error {
  readonly code = 'UNKNOWN_EVENT';
  readonly fix = 'Let only the event source mappings and the schedule of the stack call this function.';

  constructor(event: unknown) {
    const keys =
      typeof event === 'object' && event !== null ? Object.keys(event).slice(0, 8).join(', ') : typeof event;
    super(`The function was called with neither messages of a queue nor the schedule's event: ${keys}.`);
    this.name = 'UnknownEventError';
  }
}

/** @throws UnknownEventError */
export function readInvocation(event: unknown): Invocation {
  if (isObject(event) && event.tocsin === SWEEP_EVENT.tocsin) return { kind: 'sweep' };
  const records = isObject(event) ? event.Records : undefined;
  if (Array.isArray(records) && records.every(isQueueRecord)) return { kind: 'messages', records };
  throw new UnknownEventError(event);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isQueueRecord = (record: unknown): record is QueueRecord =>
  isObject(record) &&
  typeof record.messageId === 'string' &&
  typeof record.body === 'string' &&
  typeof record.eventSourceARN === 'string';
