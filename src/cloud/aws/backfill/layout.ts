/** Where CloudTrail puts the events of one account and region: `…/AWSLogs/[o-id/]account/CloudTrail/region/`. */
export interface LogFolder {
  /** With a slash at its end; folders of days are below it. */
  readonly path: string;
  readonly account: string;
  readonly region: string;
}

// Events only: digests, insights and aggregates have folders of other names beside these.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
const ORGANIZATION = /^o-[a-z0-9]{10,32}$/;
const ACCOUNT = /^\d{12}$/;
const KIND = /^CloudTrail(?:-NetworkActivity)?$/;
const FOLDER =
  /^(?:.*\/)?AWSLogs\/(?:o-[a-z0-9]{10,32}\/)?(\d{12})\/CloudTrail(?:-NetworkActivity)?\/([a-z0-9-]+)\//;

/** Folders that may be above `AWSLogs`: a trail's own prefix, such as `logs/security/`. */
const MOST_ABOVE = 4;

/** The folder of logs that a path is in, or is. */
export function logFolderOf(path: string): LogFolder | undefined {
  const [found, account = '', region = ''] = FOLDER.exec(path) ?? [];
  return found === undefined ? undefined : { path: found, account, region };
}

/** Whether folders of logs can be below a folder. */
export function mayHoldLogs(folder: string): boolean {
  const names = folder.split('/').slice(0, -1);
  const root = names.indexOf('AWSLogs');
  if (root < 0) return names.length <= MOST_ABOVE;
  const below = names.slice(root + 1);
  const [account, kind, _region, ...deeper] = ORGANIZATION.test(below[0] ?? '') ? below.slice(1) : below;
  return (
    (account === undefined || ACCOUNT.test(account)) &&
    (kind === undefined || KIND.test(kind)) &&
    deeper.length === 0
  );
}

const DAY_MS = 86_400_000;

/** CloudTrail delivers an event within minutes, and up to a day late. */
export const LATEST_DELIVERY_MS = DAY_MS;

const DAY = /^\d{4}\/\d{2}\/\d{2}(?=\/)/;

/** The day in the path of an object, `2026/03/01`; undefined for what lies elsewhere. */
export const dayOfKey = (folder: LogFolder, key: string): string | undefined =>
  DAY.exec(key.slice(folder.path.length))?.[0];

/** The folder of a day, UTC: `2026/03/01`. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10).replaceAll('-', '/');

const DELIVERED = /_(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})Z_[^/]*$/;

/**
 * When a file was delivered, by its name, to the minute. Its events are older.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
 */
export function deliveredAt(key: string): number | undefined {
  const found = DELIVERED.exec(key);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** A span of event time, in milliseconds since the epoch, both ends in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const MINUTE_MS = 60_000;

/** Whether a file can hold events of a span. One whose name tells no time can. */
export function mayHold({ from, to }: Span, key: string): boolean {
  const at = deliveredAt(key);
  // The name has no seconds: what came in the last of them is in the file too.
  return at === undefined || (at + MINUTE_MS > from && at <= to + LATEST_DELIVERY_MS);
}
