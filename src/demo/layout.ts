import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { JsonObject } from '../../detector/rule.js';
import { aws } from './company.js';
import { seconds, timeOf, type Cloud } from './event.js';
import { named } from './random.js';

/** One object of a log store: where it lies below the store's root, and what it holds. */
export interface SampleFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** How a cloud delivers records: into which object, in which form. */
interface Layout {
  readonly path: (record: JsonObject) => string;
  readonly pack: (records: readonly JsonObject[]) => Buffer;
}

/** CloudTrail delivers every five minutes or so; longer slots keep the demo's folder small. */
const SLOT_MS = 15 * 60_000;
const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const text = (record: JsonObject, name: string): string => {
  const value = record[name];
  return typeof value === 'string' ? value : '';
};

/** `2026`, `03`, `02`, `09` */
const dateParts = (time: number): readonly [string, string, string, string] => {
  const iso = new Date(time).toISOString();
  return [iso.slice(0, 4), iso.slice(5, 7), iso.slice(8, 10), iso.slice(11, 13)];
};

/** gzip without a time, and without the operating system that zlib writes at byte 9. */
function gzip(content: string): Buffer {
  const bytes = gzipSync(content, { level: 6 });
  bytes[9] = 255;
  return bytes;
}

const lines = (records: readonly JsonObject[]): Buffer =>
  Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html */
const cloudTrail: Layout = {
  path: (record) => {
    const [account, region] = [text(record, 'recipientAccountId'), text(record, 'awsRegion')];
    const delivered = Math.floor(timeOf(record) / SLOT_MS) * SLOT_MS + SLOT_MS;
    const [year, month, day] = dateParts(delivered);
    const minute = seconds(new Date(delivered)).slice(0, 16).replaceAll(/[-:]/g, '');
    const name = `${account}_CloudTrail_${region}_${minute}Z`;
    const suffix = named(name).text(16, ALPHANUMERIC);
    return `AWSLogs/${account}/CloudTrail/${region}/${year}/${month}/${day}/${name}_${suffix}.json.gz`;
  },
  pack: (records) => gzip(JSON.stringify({ Records: records })),
};

/** https://learn.microsoft.com/azure/azure-monitor/essentials/resource-logs#send-to-azure-storage */
const diagnosticSettings: Layout = {
  path: (record) => {
    const [year, month, day, hour] = dateParts(timeOf(record));
    const category = text(record, 'category');
    const resource = text(record, 'resourceId');
    const isDirectory = resource.startsWith('/tenants/');
    const container =
      isDirectory || category.startsWith('Storage')
        ? `insights-logs-${category.toLowerCase()}`
        : 'insights-activity-logs';
    // The activity log is of the subscription, whatever resource a record is about.
    const owner = isDirectory
      ? `tenantId=${text(record, 'tenantId')}`
      : `resourceId=${container === 'insights-activity-logs' ? resource.split('/').slice(0, 3).join('/') : resource}`;
    return `${container}/${owner}/y=${year}/m=${month}/d=${day}/h=${hour}/m=00/PT1H.json`;
  },
  pack: lines,
};

/** https://cloud.google.com/logging/docs/export/storage#gcs-organization */
const logSink: Layout = {
  path: (record) => {
    const [year, month, day, hour] = dateParts(timeOf(record));
    const log = text(record, 'logName').split('/').at(-1) ?? '';
    return `${log}/${year}/${month}/${day}/${hour}:00:00_${hour}:59:59_S0.json`;
  },
  pack: lines,
};

const LAYOUTS: Readonly<Record<Cloud, Layout>> = {
  aws: cloudTrail,
  azure: diagnosticSettings,
  gcp: logSink,
};

/** The objects in which a cloud delivers these records, in the order of their paths; in each of them, by time. */
export function deliver(cloud: Cloud, records: readonly JsonObject[]): readonly SampleFile[] {
  const { path, pack } = LAYOUTS[cloud];
  const objects = new Map<string, JsonObject[]>();
  for (const record of records.toSorted((a, b) => timeOf(a) - timeOf(b))) {
    const content = objects.get(path(record));
    if (content === undefined) objects.set(path(record), [record]);
    else content.push(record);
  }
  return [...objects]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([filePath, content]) => ({ path: filePath, bytes: pack(content) }));
}

/**
 * The object with which CloudTrail vouches for an hour's log files of an account and a region. It shares their
 * bucket and is no log.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
 */
export function digestOf(files: readonly SampleFile[], hour: Date): SampleFile {
  const { production: account, region, trail, logBucket } = aws;
  const end = new Date(hour.getTime() + 3_600_000);
  const [year, month, day] = dateParts(end.getTime());
  const stamp = seconds(end).replaceAll(/[-:]/g, '');
  const path =
    `AWSLogs/${account}/CloudTrail-Digest/${region}/${year}/${month}/${day}/` +
    `${account}_CloudTrail-Digest_${region}_${trail}_${region}_${stamp}.json.gz`;
  const vouched = files.filter((file) => file.path.startsWith(`AWSLogs/${account}/CloudTrail/${region}/`));
  const digest = {
    awsAccountId: account,
    digestStartTime: seconds(hour),
    digestEndTime: seconds(end),
    digestS3Bucket: logBucket,
    digestS3Object: path,
    digestPublicKeyFingerprint: named('digest/key').hex(32),
    digestSignatureAlgorithm: 'SHA256withRSA',
    newestEventTime: seconds(end),
    oldestEventTime: seconds(hour),
    previousDigestS3Bucket: null,
    previousDigestS3Object: null,
    previousDigestHashValue: null,
    previousDigestHashAlgorithm: null,
    previousDigestSignature: null,
    logFiles: vouched.map((file) => ({
      s3Bucket: logBucket,
      s3Object: file.path,
      hashValue: createHash('sha256').update(gunzipSync(file.bytes)).digest('hex'),
      hashAlgorithm: 'SHA-256',
    })),
  };
  return { path, bytes: gzip(JSON.stringify(digest)) };
}
