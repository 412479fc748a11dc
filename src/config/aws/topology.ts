import { createHash } from 'node:crypto';
import type {
  AwsConfig,
  AwsCredentials,
  AwsSourceConfig,
  NewBucketConfig,
  NewTrailConfig,
} from './schema.js';

/** An account and a region: where something is, and how one gets in. */
export interface AwsPlace {
  /** The account's name in `aws.accounts`. */
  readonly account: string;
  readonly accountId: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
}

export interface NamedArn {
  readonly name: string;
  readonly arn: string;
}

export interface Queue extends NamedArn {
  readonly url: string;
}

export interface DetectorPlan {
  readonly place: AwsPlace;
  readonly config: AwsConfig['detector'];
  /** The detector's own role: what readers trust, and nobody else. */
  readonly role: NamedArn;
  readonly function: NamedArn;
  readonly table: NamedArn;
  readonly logGroup: NamedArn;
  /** Alias of the key of table, secrets and log, without `alias/`. */
  readonly keyAlias: string;
  /** Takes alarms and reports of changes. */
  readonly operationsTopic: NamedArn;
  /** Secrets of destinations, by their name in `secret:NAME`. */
  readonly secrets: readonly { readonly reference: string; readonly name: string }[];
}

export interface TrailPlan extends NamedArn {
  readonly place: AwsPlace;
  readonly organization: boolean;
  /** False: the trail is there already. */
  readonly isNew: boolean;
}

/** What is made where logs are not there yet. */
export interface NewLogsPlan {
  readonly bucket: NewBucketConfig;
  readonly trail: TrailPlan;
  readonly s3DataEvents: NewTrailConfig['s3DataEvents'];
}

export interface EventBridgePlan {
  readonly kind: 'eventbridge';
  /** Hands the bucket's events to the queue, beside which it is. */
  readonly rule: NamedArn;
  /** A rule reaches queues of its own account and region; elsewhere another one puts the events on a bus there. */
  readonly bridge?: { readonly bus: NamedArn; readonly rule: NamedArn; readonly role: NamedArn };
}

export interface SourcePlan {
  /** As in `sources[].name`. */
  readonly name: string;
  /** What the names of its resources begin with. */
  readonly base: string;
  /** Where the bucket is. */
  readonly place: AwsPlace;
  readonly config: AwsSourceConfig;
  readonly bucket: NamedArn & {
    /** Key of an existing bucket; a new one's is made with it. */
    readonly kmsKeyArn?: string;
    /** Of an existing bucket nothing is made, and nothing is changed but by `tocsin attach`. */
    readonly exists: boolean;
    /** Takes the access log of a new bucket. */
    readonly accessLogs?: NamedArn;
  };
  /** Keys of logs begin with one of these. */
  readonly keyPrefixes: readonly string[];
  /** Is made where nobody tells of new objects yet. */
  readonly topic: NamedArn;
  /** Who tells the queue of new objects. */
  readonly announcer:
    { readonly kind: 'new-topic' | 'existing-topic'; readonly topic: NamedArn } | EventBridgePlan;
  readonly reader: NamedArn & { readonly externalId: string };
  readonly trail?: TrailPlan;
  /** Undefined: the logs are there. */
  readonly makes?: NewLogsPlan;
  /** In the detector's account and region. */
  readonly queue: Queue;
  readonly deadLetters: Queue;
}

/**
 * Everything on AWS that a configuration asks for, with the names and ARNs that it has or will have. Values that cross
 * stacks or accounts come from here and from nowhere else, so that all stacks can be planned at once.
 */
export interface AwsTopology {
  readonly installation: string;
  /** What the names of all resources begin with: `<namePrefix>-<installation>`. */
  readonly base: string;
  readonly config: AwsConfig;
  readonly partition: AwsConfig['partition'];
  readonly detector: DetectorPlan;
  readonly sources: readonly SourcePlan[];
  /** Names of the stacks. A source's comes after the detector's: its reader trusts the detector's role. */
  readonly stacks: { readonly detector: string; readonly source: (name: string) => string };
}

interface Planned {
  readonly installation: string;
  readonly aws: AwsConfig;
  readonly sources: readonly { readonly name: string; readonly aws?: AwsSourceConfig | undefined }[];
  /** Names in `secret:NAME` references. */
  readonly secrets: readonly string[];
}

/** S3's, the shortest limit of all names here. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const LONGEST_BUCKET_NAME = 63;
const LONGEST_ROLE_NAME = 64;
/**
 * Ends the names of what tells a queue of new logs. Rules and topics of changes end otherwise, so that none has the name
 * of another, whatever sources are called: EventBridge and SNS take a second one of the same name for the first.
 */
const NEWS = '-news';
const DIGEST_LENGTH = 8;

export function awsTopology({ installation, aws, sources, secrets }: Planned): AwsTopology {
  const base = `${aws.namePrefix}-${installation}`;
  const place = (account: string, region?: string): AwsPlace => {
    const found = aws.accounts[account];
    if (found === undefined) throw new Error(`There is no account "${account}"; the schema checks that.`);
    const { id, region: home, credentials } = found;
    return { account, accountId: id, region: region ?? home, credentials };
  };
  const names = namesIn(aws.partition);
  const at = place(aws.detector.account, aws.detector.region);
  const suffix = digest([installation, at.accountId, at.region]);
  const detectorName = `${base}-detector`;
  const functionLog = `/aws/lambda/${detectorName}`;
  const detector: DetectorPlan = {
    place: at,
    config: aws.detector,
    role: { name: detectorName, arn: names.role(at, detectorName) },
    function: { name: detectorName, arn: names.arn('lambda', at, `function:${detectorName}`) },
    table: { name: `${base}-state`, arn: names.arn('dynamodb', at, `table/${base}-state`) },
    logGroup: { name: functionLog, arn: names.arn('logs', at, `log-group:${functionLog}`) },
    keyAlias: detectorName,
    operationsTopic: {
      name: `${base}-operations`,
      arn: names.arn('sns', at, `${base}-operations`),
    },
    // A deleted secret's name stays taken for weeks, so the name tells installations apart.
    secrets: secrets.map((reference) => ({ reference, name: `${base}/${reference}-${suffix}` })),
  };
  const plans = sources.flatMap((source) =>
    source.aws === undefined ? [] : [sourcePlan(source.name, source.aws)],
  );
  return {
    ...{ installation, base, config: aws, partition: aws.partition, detector, sources: plans },
    stacks: { detector: detectorName, source: (name) => `${base}-source-${name}` },
  };

  function sourcePlan(name: string, config: AwsSourceConfig): SourcePlan {
    const home = place(config.account, config.region);
    const sourceBase = fitted(`${base}-${name}`, LONGEST_ROLE_NAME - '-reader'.length);
    const { existing } = config;
    const bucketName =
      existing?.bucket ??
      config.bucket?.name ??
      fitted(`${base}-${name}`, LONGEST_BUCKET_NAME - '-123456789012-access'.length) + `-${home.accountId}`;
    const trail = trailPlan(config, home, sourceBase);
    const prefixes = existing?.keyPrefixes ?? newPrefixes(trail, aws.organization?.id);
    const queue = (queueName: string): Queue => ({
      name: queueName,
      arn: names.arn('sqs', at, queueName),
      url: `https://sqs.${at.region}.${names.domain}/${at.accountId}/${queueName}`,
    });
    const reader = `${sourceBase}-reader`;
    const news = `${sourceBase}${NEWS}`;
    const topic = { name: news, arn: names.arn('sns', home, news) };
    return {
      ...{ name, base: sourceBase, place: home, config, keyPrefixes: prefixes, topic },
      bucket: {
        name: bucketName,
        arn: `arn:${aws.partition}:s3:::${bucketName}`,
        exists: existing !== undefined,
        ...(existing?.kmsKeyArn === undefined ? {} : { kmsKeyArn: existing.kmsKeyArn }),
        ...(config.bucket?.accessLogs === true ? { accessLogs: accessLogsOf(bucketName) } : {}),
      },
      announcer:
        existing?.notifications.from === 'eventbridge'
          ? eventBridge(home, sourceBase)
          : topicOf(existing, topic),
      reader: {
        name: reader,
        arn: names.role(home, reader),
        externalId:
          config.externalId ?? `${base}-${digest([installation, at.accountId, home.accountId, name], 32)}`,
      },
      ...(trail === undefined ? {} : { trail }),
      ...(trail === undefined || config.bucket === undefined || config.trail === undefined
        ? {}
        : { makes: { trail, bucket: config.bucket, s3DataEvents: config.trail.s3DataEvents } }),
      queue: queue(sourceBase),
      deadLetters: queue(`${sourceBase}-dead-letters`),
    };
  }

  function accessLogsOf(bucketName: string): NamedArn {
    const name = fitted(`${bucketName}-access`, LONGEST_BUCKET_NAME);
    return { name, arn: `arn:${aws.partition}:s3:::${name}` };
  }

  function eventBridge(home: AwsPlace, name: string): EventBridgePlan {
    const rule = `${name}${NEWS}`;
    const ruleAt = (place: AwsPlace, bus = ''): NamedArn => ({
      name: rule,
      arn: names.arn('events', place, `rule/${bus}${rule}`),
    });
    if (home.accountId === at.accountId && home.region === at.region)
      return { kind: 'eventbridge', rule: ruleAt(at) };
    const role = `${name}-bridge`;
    return {
      kind: 'eventbridge',
      rule: ruleAt(at, `${name}/`),
      bridge: {
        bus: { name, arn: names.arn('events', at, `event-bus/${name}`) },
        rule: ruleAt(home),
        role: { name: role, arn: names.role(home, role) },
      },
    };
  }

  function trailPlan(config: AwsSourceConfig, home: AwsPlace, trailName: string): TrailPlan | undefined {
    if (config.trail === undefined) {
      const arn = config.existing?.trailArn;
      if (arn === undefined) return undefined;
      const [, , , region = '', accountId = '', resource = ''] = arn.split(':');
      const known = Object.entries(aws.accounts).find(([, { id }]) => id === accountId)?.[0];
      if (known === undefined) return undefined;
      const name = resource.slice(resource.indexOf('/') + 1);
      return { place: place(known, region), name, arn, organization: false, isNew: false };
    }
    const { account, region, organization } = config.trail;
    const owner = account ?? (organization ? aws.organization?.managementAccount : undefined) ?? home.account;
    const trailPlace = place(owner, region ?? home.region);
    const arn = names.arn('cloudtrail', trailPlace, `trail/${trailName}`);
    return { place: trailPlace, name: trailName, arn, organization, isNew: true };
  }
}

/** The digests of a single account's trail lie beside its logs; those of an organisation's have no prefix of their own. */
function newPrefixes(trail: TrailPlan | undefined, organizationId: string | undefined): readonly string[] {
  if (trail === undefined) return ['AWSLogs/'];
  return trail.organization && organizationId !== undefined
    ? [`AWSLogs/${organizationId}/`]
    : [`AWSLogs/${trail.place.accountId}/CloudTrail/`];
}

function topicOf(existing: AwsSourceConfig['existing'], ours: NamedArn): SourcePlan['announcer'] {
  if (existing === undefined || !('topicArn' in existing.notifications))
    return { kind: 'new-topic', topic: ours };
  const { topicArn } = existing.notifications;
  return {
    kind: 'existing-topic',
    topic: { name: topicArn.slice(topicArn.lastIndexOf(':') + 1), arn: topicArn },
  };
}

function namesIn(partition: AwsConfig['partition']) {
  return {
    domain: partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
    arn: (service: string, { region, accountId }: AwsPlace, resource: string): string =>
      `arn:${partition}:${service}:${region}:${accountId}:${resource}`,
    role: ({ accountId }: AwsPlace, name: string): string =>
      `arn:${partition}:iam::${accountId}:role/${name}`,
  };
}

/** Cut to what a name may have, with a digest of the whole where it was cut: two long names stay two. */
export function fitted(text: string, most: number): string {
  return text.length <= most
    ? text
    : `${text.slice(0, most - DIGEST_LENGTH - 1).replace(/-+$/, '')}-${digest([text])}`;
}

const digest = (parts: readonly string[], length = DIGEST_LENGTH): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, length);
