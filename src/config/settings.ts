import type { AwsSourceSettings, DetectorSettings, SourceSettings } from '../../detector/settings.js';
import { topologyOf } from './aws/of-config.js';
import type { AwsTopology, SourcePlan } from './aws/topology.js';
import type { Config } from './schema.js';

const HOUR_MS = 3_600_000;

/** What a detector is told of the configuration. */
export function settingsOf(config: Config): DetectorSettings {
  const { alerts, destinations, limits, rules, sources } = config;
  const aws = topologyOf(config);
  return {
    sources: sources.map((source) => sourceSettings(source, aws)),
    alerts: {
      routing: {
        routes: alerts.routes,
        fallback: alerts.default,
        ...(alerts.system === undefined ? {} : { system: alerts.system }),
      },
      latenessMs: alerts.latenessHours * HOUR_MS,
      retentionMs: alerts.retentionDays * 24 * HOUR_MS,
      alertsPerHour: alerts.mostPerRuleAndHour,
      sendLate: alerts.sendLate,
      redact: alerts.redact,
    },
    destinations,
    maxRecordBytes: limits.maxRecordBytes,
    rules: rules.settings,
    ...(aws === undefined
      ? {}
      : {
          aws: {
            region: aws.detector.place.region,
            table: aws.detector.table.name,
            secrets: Object.fromEntries(aws.detector.secrets.map(({ reference, name }) => [reference, name])),
          },
        }),
  };
}

function sourceSettings(
  { name, prefixes, exclude, silentAfter }: Config['sources'][number],
  aws: AwsTopology | undefined,
): SourceSettings {
  const plan = aws?.sources.find((source) => source.name === name);
  return {
    ...{ name, prefixes, exclude },
    ...(silentAfter === undefined ? {} : { silentAfterMs: silentAfter }),
    ...(plan === undefined ? {} : { aws: awsSourceSettings(plan) }),
  };
}

const awsSourceSettings = ({
  bucket,
  place,
  keyPrefixes,
  reader,
  queue,
  deadLetters,
}: SourcePlan): AwsSourceSettings => ({
  bucket: bucket.name,
  region: place.region,
  account: place.accountId,
  ...(bucket.kmsKeyArn === undefined ? {} : { kmsKeyArn: bucket.kmsKeyArn }),
  keyPrefixes,
  readerRoleArn: reader.arn,
  externalId: reader.externalId,
  queueUrl: queue.url,
  queueArn: queue.arn,
  deadLettersUrl: deadLetters.url,
});
