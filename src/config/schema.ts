import { z } from 'zod';
import { DESTINATION_OPTIONS } from '../../detector/destinations/options.js';
import { LOG_TYPES, SEVERITIES } from '../../detector/rule.js';
import { awsProblems } from './aws/checks.js';
import { AWS, AWS_SOURCE, INSTALLATION } from './aws/schema.js';
import { duration } from './duration.js';

const logType = z.enum(LOG_TYPES);
const name = z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'expected lower-case words joined by hyphens');
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
  mostPerRuleAndHour: z.int().min(1).default(1000),
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
  port: z.int().min(0).max(65535).default(9464),
  /** How long SIGTERM waits for what is under way, in seconds. */
  graceSeconds: z.number().min(0).max(3600).default(25),
  /** Log bytes, as stored, that are evaluated at the same time. */
  mostBytesAtOnce: z
    .int()
    .min(1024)
    .default(64 * 1024 ** 2),
});

const rules = z.strictObject({
  /** Folder of the user's own rules, relative to this file. */
  folder: text.optional(),
  /** Settings of rules by rule id and setting. */
  settings: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

const limits = z.strictObject({
  /** Largest record that is read, in bytes. */
  maxRecordBytes: z
    .int()
    .min(1024)
    .max(1024 ** 3)
    .default(16 * 1024 ** 2),
});

/** What `tocsin.yaml` may say. Defaults are applied, so that the rest of the program asks no more. */
export const CONFIG = z
  .strictObject({
    installation: INSTALLATION.default('main'),
    sources: z.array(source).default([]),
    rules: rules.prefault({}),
    alerts: alerts.prefault({}),
    destinations: z.record(name, DESTINATION_OPTIONS).default({}),
    state: state.prefault({}),
    serve: serve.prefault({}),
    limits: limits.prefault({}),
    aws: AWS.optional(),
  })
  .superRefine((config, context) => {
    const known = Object.keys(config.destinations);
    const check = (names: readonly string[] | undefined, path: (string | number)[]): void => {
      for (const [i, wanted] of (names ?? []).entries()) {
        if (known.includes(wanted)) continue;
        const message = `there is no destination of this name (there is: ${known.join(', ') || 'none'})`;
        context.addIssue({ code: 'custom', path: ['alerts', ...path, i], message });
      }
    };
    config.alerts.routes.forEach(({ to }, i) => check(to, ['routes', i, 'to']));
    check(config.alerts.default, ['default']);
    check(config.alerts.system, ['system']);
    const names = config.sources.map((one) => one.name);
    names.forEach((one, i) => {
      if (names.indexOf(one) === i) return;
      context.addIssue({
        code: 'custom',
        path: ['sources', i, 'name'],
        message: 'another source has this name',
      });
    });
    if (config.state.store === 'dynamodb' && config.aws === undefined) {
      const message = 'needs `aws`: the table is that of its detector';
      context.addIssue({ code: 'custom', path: ['state', 'store'], message });
    }
    for (const { path, message } of awsProblems(config))
      context.addIssue({ code: 'custom', path: [...path], message });
    const seen = new Map<string, string>();
    config.sources.forEach(({ prefixes }, i) => {
      for (const [prefix, type] of Object.entries(prefixes)) {
        const first = seen.get(prefix) ?? type;
        seen.set(prefix, first);
        if (first === type) continue;
        const message = `another source says that this prefix holds ${first}`;
        context.addIssue({ code: 'custom', path: ['sources', i, 'prefixes', prefix], message });
      }
    });
  });

export type Config = z.infer<typeof CONFIG>;
