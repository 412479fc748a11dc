import { DeliveryError } from './destination.js';

/**
 * Which failures are worth another attempt. Every destination asks here.
 *
 * | what happened                                                         | outcome   |
 * |-----------------------------------------------------------------------|-----------|
 * | 2xx                                                                   | delivered |
 * | 408, 425, 429, 5xx; time-out; name not found; connection failed or cut | retry     |
 * | TLS certificate not trusted, expired or for another name              | retry     |
 * | 3xx (redirects are not followed), every other 4xx                     | permanent |
 * | address refused, plain http refused                                   | permanent |
 *
 * A certificate error retries because nothing was sent and certificates get renewed: an alert that waits is better than
 * one that an expiry of an hour turned into a dead letter. The attempts end all the same.
 */
export type Outcome = 'retry' | 'permanent';

const RETRIED_STATUS = new Set([408, 425, 429]);

/** @returns `delivered` for 2xx */
export function outcomeOfStatus(status: number): Outcome | 'delivered' {
  if (status >= 200 && status < 300) return 'delivered';
  return RETRIED_STATUS.has(status) || status >= 500 ? 'retry' : 'permanent';
}

/** An answer with another status than 2xx. */
export class StatusError extends DeliveryError {
  constructor(
    message: string,
    readonly status: number,
    outcome: Outcome,
    response?: string,
    retryAfterMs?: number,
  ) {
    super(message, outcome, response, retryAfterMs);
    this.name = 'StatusError';
  }
}

const SHORTEST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 3_600_000;
const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * The wait that a Retry-After header asks for: seconds or an HTTP date (RFC 9110, section 10.2.3), held between 1 s and
 * 1 h, so that neither a loop nor a lost alert comes of a wrong one.
 * @returns undefined without a header, or for one that is neither
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  const wait = /^\d+$/.test(text)
    ? Number(text) * 1000
    : WEEKDAY.test(text)
      ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) - now
      : Number.NaN;
  return Number.isNaN(wait) ? undefined : Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, wait));
}

/**
 * Error codes with which Slack answers 200 and `ok: false` though a later call may succeed; every other code is
 * permanent (invalid_auth, channel_not_found, not_in_channel, invalid_blocks, …).
 * @see https://docs.slack.dev/reference/methods/chat.postMessage (Errors)
 */
const SLACK_PASSING = new Set([
  ...['ratelimited', 'rate_limited', 'message_limit_exceeded'],
  ...['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'],
]);

export const outcomeOfSlackError = (code: string): Outcome =>
  SLACK_PASSING.has(code) ? 'retry' : 'permanent';

/** The file system will not change its mind about these by itself; a full disk or a device error may pass. */
const LASTING_FILE_ERRORS = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO'],
]);

export const outcomeOfFileError = (code: string | undefined): Outcome =>
  code !== undefined && LASTING_FILE_ERRORS.has(code) ? 'permanent' : 'retry';
