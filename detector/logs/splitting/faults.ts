import type { FaultReason, SplitLimits } from '../record.js';

export interface Fault {
  readonly reason: FaultReason;
  readonly message: string;
}

/** How a value can break off. */
const BREAKS = {
  mismatch: 'its brackets do not match',
  'line-break': 'a string is not closed on its line',
  stray: 'the next line begins another value',
  'too-deep': 'too many brackets are open',
  end: 'the content ends',
} as const;
export type Break = keyof typeof BREAKS;

const breaksOff = (by: Break, at: number): string => `a record breaks off at byte ${at}: ${BREAKS[by]}`;

export const broken = (by: Break, at: number, resumedAt: number): Fault => ({
  reason: 'not-json',
  message: `${breaksOff(by, at)}; reading went on at byte ${resumedAt}`,
});

export const brokenLast = (by: Break, at: number): Fault => ({
  reason: 'not-json',
  message: breaksOff(by, at),
});

export const unreadable = (by: Break, at: number): Fault => ({
  reason: 'unreadable',
  message: `${breaksOff(by, at)}; from there on no record was found, up to the end`,
});

export const truncated = (inside: string): Fault => ({
  reason: 'truncated',
  message: `the content ends inside ${inside}`,
});

export const garbageLine = (bytes: number): Fault => ({
  reason: 'not-json',
  message: `a line, or the rest of it, is not JSON (bytes: ${bytes})`,
});

export const unclosedList: Fault = {
  reason: 'not-json',
  message: 'a list is neither closed nor continued with a comma before this line',
};

export const notAnObject: Fault = {
  reason: 'not-an-object',
  message: 'an element of a list is not an object',
};

export const recordTooLarge = (bytes: number, { maxRecordBytes }: SplitLimits): Fault => ({
  reason: 'record-too-large',
  message: `a record has ${bytes} bytes, over the limit of ${maxRecordBytes} (maxRecordBytes)`,
});

export const contentTooLarge = ({ maxRecordBytes, maxSkippedBytes }: SplitLimits): Fault => ({
  reason: 'content-too-large',
  message:
    `no record ends within ${maxSkippedBytes} bytes (maxSkippedBytes) from here, where one may have ` +
    `${maxRecordBytes} (maxRecordBytes); the rest was not read`,
});
