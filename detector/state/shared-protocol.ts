import { z } from 'zod';
import type { StateStore, Version } from './store.js';

/** A body of 60,000 bytes, each of which JSON may write as six, and what is around it. */
export const MOST_CALL_BYTES = 512 * 1024;
/** Keys that one listing names, and the bytes of its answer. */
export const MOST_LISTED = 10_000;
export const MOST_ANSWER_BYTES = 4 * 1024 * 1024;

const key = z.string().max(300);
const whole = z.number();
const limit = z.number().max(MOST_LISTED);
const version = z.custom<Version>((value) => typeof value === 'string' && value.startsWith('v'));
const mark = z.number().nullable();

/** What `undefined` is in JSON. */
const absent = z.null().transform(() => undefined);

/** The arguments of the methods that are shared. The store itself checks what they say. */
const ARGUMENTS = {
  get: z.tuple([key]),
  put: z.tuple([key, z.string(), version.or(absent), z.strictObject({ due: mark, expires: mark })]),
  remove: z.tuple([key, version]),
  listDue: z.tuple([key, whole, limit]),
  list: z.tuple([key, key.or(absent), limit]),
  durable: z.tuple([]),
};

export type SharedMethod = keyof typeof ARGUMENTS;

const ENVELOPE = z.object({ id: z.int(), method: z.string(), args: z.array(z.unknown()) });

export interface Call {
  readonly id: number;
  /** Does it; undefined where there is no such method, or its arguments are none. */
  readonly run: ((store: StateStore) => Promise<unknown>) | undefined;
}

/** @returns undefined for what is no call at all */
export function parseCall(line: string): Call | undefined {
  const envelope = ENVELOPE.safeParse(jsonOf(line));
  if (!envelope.success) return undefined;
  const { id, method, args } = envelope.data;
  return { id, run: Object.hasOwn(ARGUMENTS, method) ? runOf(method as SharedMethod, args) : undefined };
}

function runOf(method: SharedMethod, args: readonly unknown[]): Call['run'] {
  const parsed = ARGUMENTS[method].safeParse(args);
  if (!parsed.success) return undefined;
  return (store) => (store[method] as (...args: never[]) => Promise<unknown>)(...(parsed.data as never[]));
}

export const callLine = (id: number, method: SharedMethod, args: readonly unknown[]): string =>
  JSON.stringify({ id, method, args: args.map((arg) => arg ?? null) });

const ANSWER = z.object({
  id: z.int(),
  result: z.unknown(),
  error: z
    .object({ message: z.string(), outcome: z.enum(['retry', 'permanent']), fix: z.string() })
    .optional(),
});

export type Answer = z.infer<typeof ANSWER>;

export const parseAnswer = (line: string): Answer | undefined => ANSWER.safeParse(jsonOf(line)).data;

export const answerLine = (answer: Answer): string => JSON.stringify(answer);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
