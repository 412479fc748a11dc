import { z } from 'zod';

/** Becomes a part of every name in the cloud. */
export const INSTALLATION = z
  .string()
  .regex(/^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,19}$/, 'expected up to 20 of a-z, 0-9 and hyphens between them');

const name = z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'expected lower-case words joined by hyphens');
const accountId = z
  .string({ error: 'expected 12 digits in quotes: YAML reads 0123… without them as a number' })
  .regex(/^\d{12}$/, 'expected 12 digits in quotes');
const region = z
  .string()
  .regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'expected the code of a region, such as eu-central-1');
const arnOf = (service: string): z.ZodString =>
  z
    .string()
    .regex(new RegExp(`^arn:aws[a-z-]*:${service}:[^\\s*\${}]+$`), `expected an ARN, arn:aws:${service}:…`);
const bucketName = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket');
const keyPrefix = z
  .string()
  .max(512)
  .regex(/^(?!\/)[^*?${}\s]*$/, 'expected a prefix of object keys, without wildcards and a slash in front');
const url = z
  .string()
  .regex(/^https:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/, 'expected an https URL without query and fragment');

/** How whoever plans and applies gets into an account. Nothing set: the environment's credentials. */
const credentials = z
  .strictObject({
    /** A profile of the AWS configuration files. */
    profile: z
      .string()
      .regex(/^[\w+=,.@ -]{1,128}$/, 'expected the name of a profile')
      .optional(),
    /** A role to assume. */
    roleArn: arnOf('iam').optional(),
    /** Asked for by the role's trust. */
    externalId: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'expected an external id')
      .optional(),
    /** A file with an OIDC token, as pipelines have it: the role is assumed with it. */
    webIdentityTokenFile: z.string().min(1).optional(),
  })
  .refine((value) => value.roleArn !== undefined || value.webIdentityTokenFile === undefined, {
    error: 'webIdentityTokenFile needs the roleArn that it opens',
  })
  .refine((value) => value.roleArn !== undefined || value.externalId === undefined, {
    error: 'externalId needs the roleArn that asks for it',
  });

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
      issuer: url,
      audience: z
        .string()
        .regex(/^[^\s*?${}]{1,255}$/, 'expected the audience of the tokens, without wildcards'),
      subject: z
        .string()
        .regex(/^[^\s*?${}]{1,255}$/, 'expected the subject of the tokens, without wildcards'),
    })
    .optional(),
  architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
  nodeRuntime: z.enum(['nodejs22.x', 'nodejs24.x']).default('nodejs22.x'),
  memoryMb: z.int().min(512).max(10240).default(1024),
  /** How long one batch may take. The queue hides messages for six times as long. */
  timeoutSeconds: z.int().min(60).max(900).default(300),
  /** Messages that a function takes at once. */
  batchSize: z.int().min(1).max(10).default(10),
  /** Functions that run at the same time for one source. */
  maximumConcurrency: z.int().min(2).max(1000).default(10),
  /** Concurrency set apart; new accounts refuse any. @default none */
  reservedConcurrency: z.int().min(1).max(1000).optional(),
  /** Whether messages are consumed: false holds them in the queue. */
  enabled: z.boolean().default(true),
  logRetentionDays: z
    .literal(LOG_RETENTION, { error: `expected one of ${LOG_RETENTION.join(', ')}` })
    .default(365),
  /** Deliveries that are due again, silent sources and pruning are seen to so often. */
  sweepMinutes: z.int().min(1).max(60).default(1),
  /** Keeps the state table from being deleted. */
  deletionProtection: z.boolean().default(true),
});

const monitoring = z.strictObject({
  /** Told of alarms and of changes to what Tocsin made. Each has to confirm once. */
  emails: z.array(z.email()).max(20).default([]),
  /** A source that brings nothing for this long raises an alarm: 1 to 24 hours. Longer ones: silentAfter of a source. */
  noDataHours: z.int().min(1).max(24).default(6),
  /** The oldest message may wait so long. */
  oldestMessageMinutes: z.int().min(5).max(10080).default(60),
});

const backend = z.strictObject({
  /** An existing bucket with versioning, for Terraform's state. */
  bucket: bucketName,
  region,
  keyPrefix: keyPrefix.default('tocsin/'),
  kmsKeyArn: arnOf('kms').optional(),
});

/** What `aws` may say in `tocsin.yaml`: the accounts, the detector, and what holds for all that is made there. */
export const AWS = z.strictObject({
  partition: z.enum(['aws', 'aws-us-gov', 'aws-cn']).default('aws'),
  /** Accounts by a name of yours; it becomes the alias of a provider, which begins with a letter. */
  accounts: z
    .record(name.regex(/^[a-z]/, 'expected a name that begins with a letter'), account)
    .refine((all) => Object.keys(all).length > 0, { error: 'expected at least one account' }),
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
  tags: z
    .record(
      z.string().regex(/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/u, 'expected the key of a tag'),
      z.string().regex(/^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u, 'expected the value of a tag'),
    )
    .default({}),
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
  expireDays: z.int().min(30).max(3653).default(365),
  /** When logs move to Glacier Instant Retrieval; null: never. */
  archiveDays: z.int().min(30).max(3653).nullable().default(90),
  /** Nobody deletes logs before this time; cannot be taken off again. Only for a new bucket. */
  objectLock: z
    .strictObject({
      mode: z.enum(['governance', 'compliance']),
      days: z.int().min(1).max(3653),
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
    .union([z.literal('all'), z.array(arnOf('s3')).max(250)], { error: 'expected "all" or a list of ARNs' })
    .default([]),
});

/** A bucket that is there, with logs in it. Nothing in it is changed but what `notifications` says. */
const existing = z.strictObject({
  bucket: bucketName,
  /** Key that the logs are encrypted with. */
  kmsKeyArn: arnOf('kms').optional(),
  /** Keys of logs begin with one of these. */
  keyPrefixes: z.array(keyPrefix).min(1).default(['AWSLogs/']),
  /** ARN of the trail, to be told when it is stopped. */
  trailArn: arnOf('cloudtrail').optional(),
  /** How the detector learns of new objects; `tocsin attach` finds the way that changes least. */
  notifications: z.discriminatedUnion('from', [
    /** The trail tells this topic already. */
    z.strictObject({ from: z.literal('trail-topic'), topicArn: arnOf('sns') }),
    /** The bucket sends its events to EventBridge already. */
    z.strictObject({ from: z.literal('eventbridge') }),
    /** The bucket tells this topic already. */
    z.strictObject({ from: z.literal('topic'), topicArn: arnOf('sns') }),
    /** One entry is added to the bucket's notifications, by `tocsin attach`. */
    z.strictObject({ from: z.literal('bucket') }),
  ]),
});

/** What `sources[].aws` may say: where CloudTrail's files come from. */
export const AWS_SOURCE = z
  .strictObject({
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
  })
  .refine(({ existing, bucket, trail }) => existing === undefined || (bucket ?? trail) === undefined, {
    error: 'expected either existing, or bucket and trail to be made',
  })
  .transform(({ bucket, trail, ...rest }) => ({
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
