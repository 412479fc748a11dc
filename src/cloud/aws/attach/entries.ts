import type { NotificationConfiguration } from '@aws-sdk/client-s3';

/** One entry of a bucket's notifications, whoever it tells. */
export interface Entry {
  readonly id: string;
  /** ARN of a topic, a queue or a function. */
  readonly target: string;
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
  /** It filters by something that is not known here. */
  readonly isOdd: boolean;
}

interface Filtered {
  readonly Id?: string | undefined;
  readonly Events?: readonly string[] | undefined;
  readonly Filter?:
    | {
        readonly Key?:
          | {
              readonly FilterRules?:
                | readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[]
                | undefined;
            }
          | undefined;
      }
    | undefined;
}

export function entriesOf(configuration: NotificationConfiguration): readonly Entry[] {
  const {
    TopicConfigurations: topics = [],
    QueueConfigurations: queues = [],
    LambdaFunctionConfigurations: functions = [],
  } = configuration;
  return [
    ...topics.map((one) => entryOf(one, one.TopicArn)),
    ...queues.map((one) => entryOf(one, one.QueueArn)),
    ...functions.map((one) => entryOf(one, one.LambdaFunctionArn)),
  ];
}

export function entryOf({ Id = '', Events = [], Filter }: Filtered, target = ''): Entry {
  const rules = Filter?.Key?.FilterRules ?? [];
  // S3 writes the names of rules with a capital and without.
  const valueOf = (name: string): string =>
    rules.find((rule) => rule.Name?.toLowerCase() === name)?.Value ?? '';
  return {
    ...{ id: Id, target, events: Events, prefix: valueOf('prefix'), suffix: valueOf('suffix') },
    isOdd: rules.some(({ Name = '' }) => !['prefix', 'suffix'].includes(Name.toLowerCase())),
  };
}

const CREATED = 's3:ObjectCreated:';
/** What CloudTrail's files end with. */
const LOG_SUFFIX = '.json.gz';

/** Whether it tells of every log below a prefix. CloudTrail puts its files in one piece. */
export const covers = ({ events, prefix, suffix, isOdd }: Entry, wanted: string): boolean =>
  !isOdd &&
  wanted.startsWith(prefix) &&
  LOG_SUFFIX.endsWith(suffix) &&
  events.some((event) => event === `${CREATED}*` || event === `${CREATED}Put`);

/**
 * Whether S3 refuses it beside an entry for all new objects below a prefix: of two entries for one event, neither
 * prefix may begin with the other while neither suffix ends with the other.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
export const overlaps = ({ events, prefix, isOdd }: Entry, wanted: string): boolean =>
  events.some((event) => event.startsWith(CREATED)) &&
  (isOdd || prefix.startsWith(wanted) || wanted.startsWith(prefix));
