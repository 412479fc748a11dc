import { z } from 'zod';
import { DESTINATION_OPTIONS } from '../../detector/destinations/options.js';
import { LOG_TYPES, SEVERITIES } from '../../detector/rule.js';
import { AWS, AWS_SOURCE, INSTALLATION } from './aws/schema.js';
import { duration } from './duration.js';
import { NAME, name, named } from './named.js';
import { whole } from './whole.js';

const logType = z.enum(LOG_TYPES);
const text = z.string().min(1);

const source = z.strictObject({
  name,
  /** Log type by key prefix; the longest that fits wins. Without any, the shape of a record tells. */
  prefixes: z.record(z.string(), logType).default({}),
  /** Globs over the whole key of objects to leave out. */
  exclude: z.array(z.string()).default([]),
  /** A folder that `tocsin serve` watches, relative to this file. */
  directory: text.optional(),
  /** How long it may deliver nothing before that is an alert, such as `12h`; in milliseconds here. Not set: for ever. */
  silentAfter: duration('15m', '30d').optional(),
  /** Where it lies on AWS. */
  aws: AWS_SOURCE.optional(),
});

const route = z.strictObject({
  /** This severity and above. */
  severity: z.enum(SEVERITIES).optional(),
  logTypes: z.array(logType).optional(),
  /** Globs over rule ids. */
  rules: z.array(text).optional(),
  tags: z.array(text).optional(),
  /** Names of destinations. An empty list keeps such alerts and sends them nowhere. */
  to: z.array(name),
});

const alerts = z.strictObject({
  /** The first route that fits an alert decides; a rule's own destinations win over all. */
  routes: z.array(route).default([]),
  /** Where alerts go that no route fits. */
  default: z.array(name).default([]),
  /** Where the detector's alerts about itself go. Not set: where `default` goes. */
  system: z.array(name).optional(),
  /** Alerts of one rule that are sent within an hour; the others are listed, and told in one summary. */
  mostPerRuleAndHour: whole(1).default(1000),
  /** How late events may be and still count, in hours. */
  latenessHours: z.number().min(1).max(720).default(24),
  /** Whether alerts about events older than that are sent, as after a backfill. */
  sendLate: z.boolean().default(false),
  /** How long alerts are kept, in days. */
  retentionDays: z.number().min(1).max(3650).default(90),
  /** Paths in events whose values never leave: they are blotted out of titles and contexts. */
  redact: z.array(text).default([]),
});

const state = z.strictObject({
  /** `file`: one process, on this machine. `dynamodb`: the table of `aws.detector`. @default dynamodb where there is `aws` */
  store: z.enum(['file', 'dynamodb']).optional(),
  /** The state file of `tocsin serve`, relative to this file. */
  path: text.default('state/tocsin.sqlite'),
});

const serve = z.strictObject({
  /** Where /healthz, /readyz and /metrics are served. */
  host: text.default('127.0.0.1'),
  port: whole(0, 65535).default(9464),
  /** How long SIGTERM waits for what is under way, in seconds. */
  graceSeconds: z.number().min(0).max(3600).default(25),
  /** Log bytes, as stored, that are evaluated at the same time. */
  mostBytesAtOnce: whole(1024).default(64 * 1024 ** 2),
});

const rules = z.strictObject({
  /** Folder of the user's own rules, relative to this file. */
  folder: text.optional(),
  /** Settings of rules by rule id and setting. */
  settings: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

const limits = z.strictObject({
  /** Largest record that is read, in bytes. */
  maxRecordBytes: whole(1024, 1024 ** 3).default(16 * 1024 ** 2),
});

/** The shape of `tocsin.yaml`: every value for itself. Defaults are applied, so that the rest of the program asks no more. */
export const SHAPE = z.strictObject({
  installation: INSTALLATION.default('main'),
  sources: z.array(source).default([]),
  rules: rules.prefault({}),
  alerts: alerts.prefault({}),
  destinations: named(NAME, DESTINATION_OPTIONS).default({}),
  state: state.prefault({}),
  serve: serve.prefault({}),
  limits: limits.prefault({}),
  aws: AWS.optional(),
});

export type Shape = z.infer<typeof SHAPE>;
