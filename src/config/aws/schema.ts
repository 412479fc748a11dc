import { z } from 'zod';
import { checked } from '../checked.js';
import { named, name } from '../named.js';
import { whole } from '../whole.js';
import {
  ACCOUNT_NAME,
  accountId,
  bucketName,
  httpsUrl,
  keyArn,
  keyPrefix,
  objectsArn,
  region,
  roleArn,
  TAG_KEY,
  tagValue,
  tokenClaim,
  topicArn,
  trailArn,
} from './fields.js';

/** Becomes a part of every name in the cloud. */
export const INSTALLATION = z
  .string()
  .regex(/^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,19}$/, 'expected up to 20 of a-z, 0-9 and hyphens between them');

/** How whoever plans and applies gets into an account. Nothing set: the environment's credentials. */
const credentials = checked(
  z.strictObject({
    /** A profile of the AWS configuration files. */
    profile: z
      .string()
      .regex(/^[\w+=,.@ -]{1,128}$/, 'expected the name of a profile')
      .optional(),
    /** A role to assume. */
    roleArn: roleArn.optional(),
    /** Asked for by the role's trust. */
    externalId: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'expected an external id')
      .optional(),
    /** A file with an OIDC token, as pipelines have it: the role is assumed with it. */
    webIdentityTokenFile: z.string().min(1).optional(),
  }),
  function* (fit) {
    if ('roleArn' in fit) return;
    if ('webIdentityTokenFile' in fit)
      yield { path: ['webIdentityTokenFile'], message: 'needs the roleArn that it opens' };
    if ('externalId' in fit) yield { path: ['externalId'], message: 'needs the roleArn that asks for it' };
  },
);

const account = z.strictObject({
  id: accountId,
  /** Where its resources are made, unless something says otherwise. */
  region,
  credentials: credentials.prefault({}),
});

/** Retention times that CloudWatch Logs knows, in days. */
const LOG_RETENTION = [
  30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const detector = z.strictObject({
  /** Name of an account. */
  account: name,
  region: region.optional(),
  /** `lambda`: a function that the queue feeds. `serve`: queue, state and role only, for `tocsin serve`. */
  runtime: z.enum(['lambda', 'serve']).default('lambda'),
  /** For `serve` outside of AWS: who may take the detector's role and the readers'. */
  oidc: z
    .strictObject({
      issuer: httpsUrl,
      audience: tokenClaim('audience'),
      subject: tokenClaim('subject'),
    })
    .optional(),
  architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
  nodeRuntime: z.enum(['nodejs22.x', 'nodejs24.x']).default('nodejs22.x'),
  memoryMb: whole(512, 10240).default(1024),
  /** How long one batch may take. The queue hides messages for six times as long. */
  timeoutSeconds: whole(60, 900).default(300),
  /** Messages that a function takes at once. */
  batchSize: whole(1, 10).default(10),
  /** Functions that run at the same time for one source. */
  maximumConcurrency: whole(2, 1000).default(10),
  /** Concurrency set apart; new accounts refuse any. @default none */
  reservedConcurrency: whole(1, 1000).optional(),
  /** Whether messages are consumed: false holds them in the queue. */
  enabled: z.boolean().default(true),
  logRetentionDays: z
    .literal(LOG_RETENTION, { error: `expected one of ${LOG_RETENTION.join(', ')}` })
    .default(365),
  /** Deliveries that are due again, silent sources and pruning are seen to so often. */
  sweepMinutes: whole(1, 60).default(1),
  /** Keeps the state table from being deleted. */
  deletionProtection: z.boolean().default(true),
});

const monitoring = z.strictObject({
  /** Told of alarms and of changes to what Tocsin made. Each has to confirm once. */
  emails: z.array(z.email('expected an e-mail address')).max(20).default([]),
  /** A source that brings nothing for this long raises an alarm: 1 to 24 hours. Longer ones: silentAfter of a source. */
  noDataHours: whole(1, 24).default(6),
  /** The oldest message may wait so long. */
  oldestMessageMinutes: whole(5, 10080).default(60),
});

const backend = z.strictObject({
  /** An existing bucket with versioning, for Terraform's state. */
  bucket: bucketName,
  region,
  keyPrefix: keyPrefix.default('tocsin/'),
  kmsKeyArn: keyArn.optional(),
});

/** What `aws` may say in `tocsin.yaml`: the accounts, the detector, and what holds for all that is made there. */
export const AWS = z.strictObject({
  partition: z.enum(['aws', 'aws-us-gov', 'aws-cn']).default('aws'),
  /** Accounts by a name of yours; it becomes the alias of a provider, which begins with a letter. */
  accounts: named(ACCOUNT_NAME, account).refine((all) => Object.keys(all).length > 0, {
    error: 'expected at least one account',
  }),
  organization: z
    .strictObject({
      id: z.string().regex(/^o-[a-z0-9]{10,32}$/, 'expected the id of the organisation, o-…'),
      /** Name of the management account; organisation trails are made there. */
      managementAccount: name,
    })
    .optional(),
  namePrefix: z
    .string()
    .regex(
      /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,11}$/,
      'expected up to 12 of a-z, 0-9 and hyphens between them',
    )
    .default('tocsin'),
  tags: named(TAG_KEY, tagValue).default({}),
  /** Name of a policy in each account that bounds every role. */
  permissionsBoundary: z
    .string()
    .regex(/^[\w+=,.@/-]{1,128}$/, 'expected the name of a managed policy of the account')
    .optional(),
  detector,
  monitoring: monitoring.prefault({}),
  backend: backend.optional(),
});

const newBucket = z.strictObject({
  /** @default made of installation, source and account */
  name: bucketName.optional(),
  /** How long logs are kept. */
  expireDays: whole(30, 3653).default(365),
  /** When logs move to Glacier Instant Retrieval; null: never. */
  archiveDays: whole(30, 3653).nullable().default(90),
  /** Nobody deletes logs before this time; cannot be taken off again. Only for a new bucket. */
  objectLock: z
    .strictObject({
      mode: z.enum(['governance', 'compliance']),
      days: whole(1, 3653),
    })
    .optional(),
  accessLogs: z.boolean().default(true),
});

const newTrail = z.strictObject({
  /** Name of the account. @default the management account for an organisation's, else the source's */
  account: name.optional(),
  region: region.optional(),
  /** Whether it covers every account of the organisation. */
  organization: z.boolean().default(false),
  /** Reads and writes of objects: of no bucket, of these (ARNs, `arn:aws:s3:::bucket/`), or of all. They cost extra. */
  s3DataEvents: z
    .union([z.literal('all'), z.array(objectsArn).max(250)], { error: 'expected "all" or a list of ARNs' })
    .default([]),
});

/** A bucket that is there, with logs in it. Nothing in it is changed but what `notifications` says. */
const existing = z.strictObject({
  bucket: bucketName,
  /** Key that the logs are encrypted with. */
  kmsKeyArn: keyArn.optional(),
  /** Keys of logs begin with one of these. */
  keyPrefixes: z.array(keyPrefix).min(1).default(['AWSLogs/']),
  /** ARN of the trail, to be told when it is stopped. */
  trailArn: trailArn.optional(),
  /** How the detector learns of new objects; `tocsin attach` finds the way that changes least. */
  notifications: z.discriminatedUnion('from', [
    /** The trail tells this topic already. */
    z.strictObject({ from: z.literal('trail-topic'), topicArn }),
    /** The bucket sends its events to EventBridge already. */
    z.strictObject({ from: z.literal('eventbridge') }),
    /** The bucket tells this topic already. */
    z.strictObject({ from: z.literal('topic'), topicArn }),
    /** One entry is added to the bucket's notifications, by `tocsin attach`. */
    z.strictObject({ from: z.literal('bucket') }),
  ]),
});

/** What `sources[].aws` may say: where CloudTrail's files come from. */
export const AWS_SOURCE = checked(
  z.strictObject({
    /** Name of the account with the bucket. */
    account: name,
    region: region.optional(),
    bucket: newBucket.optional(),
    trail: newTrail.optional(),
    existing: existing.optional(),
    /** What the reader's trust asks for. @default made of installation, source and accounts */
    externalId: z
      .string()
      .regex(/^[\w+=,.@:/-]{8,128}$/, 'expected 8 to 128 characters of an external id')
      .optional(),
  }),
  function* (fit) {
    if ('existing' in fit && ('bucket' in fit || 'trail' in fit))
      yield { path: [], message: 'expected either existing, or bucket and trail to be made' };
  },
).transform(({ bucket, trail, ...rest }) => ({
  ...rest,
  // Defaults of what is made, and nothing of it where it is there already.
  ...(rest.existing === undefined
    ? { bucket: newBucket.parse(bucket ?? {}), trail: newTrail.parse(trail ?? {}) }
    : {}),
}));

export type AwsConfig = z.infer<typeof AWS>;
export type AwsSourceConfig = z.infer<typeof AWS_SOURCE>;
export type NewBucketConfig = z.infer<typeof newBucket>;
export type NewTrailConfig = z.infer<typeof newTrail>;
export type AwsCredentials = z.infer<typeof credentials>;
