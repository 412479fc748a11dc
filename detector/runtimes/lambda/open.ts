import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { StatisticsRecorder } from '../../alerts/statistics.js';
import { createCore } from '../../core.js';
import { storedSecretReader } from '../../destinations/secrets-manager.js';
import { createEngine, type RuleSource } from '../../engine/engine.js';
import { s3Clients } from '../../feeds/s3/clients.js';
import { createSqsClient } from '../../feeds/sqs/client.js';
import { unitsOfMessage } from '../../feeds/sqs/message.js';
import { sqsSourceOf } from '../../feeds/sqs/source.js';
import { logTypes } from '../../logs/index.js';
import type { DetectorSettings } from '../../settings.js';
import { createDynamoClient } from '../../state/dynamodb-client.js';
import { openDynamoStore } from '../../state/dynamodb.js';
import { askDeadLetterQueues } from '../failed-messages.js';
import { inLanes } from '../lane.js';
import { lazyDestinations } from './destinations.js';
import type { Detector, QueueSource } from './detector.js';
import type { Log } from './log.js';

export interface OpenOptions {
  readonly settings: DetectorSettings;
  readonly rules: readonly RuleSource[];
  readonly log: Log;
  readonly now: () => number;
  readonly print: (line: string) => Promise<void>;
}

/** @throws Error when the settings are not those of a detector on AWS, RuleProblemsError for a mistake in a rule */
export function openDetector({ settings, rules, log, now, print }: OpenOptions): Detector {
  const { aws } = settings;
  if (aws === undefined)
    throw new Error('The settings say nothing of AWS; they are not those of this function.');
  const engine = createEngine(
    rules.map((source) => ({ ...source, settings: ownSettings(settings, source.rule.id) })),
    logTypes,
  );
  const { region } = aws;
  const store = openDynamoStore({ client: createDynamoClient({ region }), table: aws.table });
  const secrets = new SecretsManagerClient({ region });
  const lazy = lazyDestinations(settings.destinations, {
    ...{ now, print },
    secrets: {
      env: {},
      readSecretFile: () => Promise.reject(new Error('a function has no such files')),
      readStoredSecret: storedSecretReader(secrets, aws.secrets),
    },
  });
  const destinations = inLanes(lazy, settings.destinations);
  const statistics = new StatisticsRecorder();
  const core = createCore({
    ...{ settings, engine, store, destinations, now },
    onUnit: (report) => statistics.unit(report),
    onAttempt: (attempt) => {
      statistics.delivery(attempt);
      const { destination, alertId, outcome, error } = attempt;
      if (outcome !== 'delivered')
        log('warn', `Alert ${alertId} did not reach ${destination}: ${error ?? outcome}`);
    },
  });
  const sources = queueSources(settings);
  const queues = createSqsClient(region);
  return {
    ...{ settings, store, core, statistics, log, now },
    sourceOf: (queueArn) => sources.get(queueArn),
    askDeadLetterQueues: () => askDeadLetterQueues(queues, settings.sources),
  };
}

type Settings = NonNullable<RuleSource['settings']>;
const ownSettings = ({ rules }: DetectorSettings, id: string): Settings =>
  (Object.hasOwn(rules, id) ? rules[id] : {}) as Settings;

function queueSources({ sources }: DetectorSettings): ReadonlyMap<string, QueueSource> {
  const clients = s3Clients();
  return new Map(
    sources.flatMap(({ name, aws }): [string, QueueSource][] => {
      if (aws === undefined) return [];
      const source = sqsSourceOf(name, aws);
      return [
        [aws.queueArn, { name, read: (body, arrival) => unitsOfMessage(body, source, clients, arrival) }],
      ];
    }),
  );
}
