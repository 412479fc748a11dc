import type { Feed } from '../../detector/feeds/feed.js';
import { Problems, type OnProblem } from '../../detector/feeds/problems.js';
import { s3Clients } from '../../detector/feeds/s3/clients.js';
import type { SkipReason } from '../../detector/feeds/s3/notification.js';
import { sqsFeed } from '../../detector/feeds/sqs.js';
import { createSqsClient } from '../../detector/feeds/sqs/client.js';
import { isOutside } from '../../detector/feeds/sqs/outside.js';
import { sqsSourceOf } from '../../detector/feeds/sqs/source.js';
import { askDeadLetterQueues, type DeadLetterQueue } from '../../detector/runtimes/failed-messages.js';
import type { SourceWatch } from '../../detector/runtimes/serve/source-watch.js';
import type { Deps } from '../command.js';
import type { LoadedConfig } from '../config/load.js';
import type { Log } from './log.js';
import type { ServedQueue } from './queues.js';

export interface QueueDeps {
  readonly env: Deps['env'];
  readonly now: () => number;
  readonly log: Log;
  /** Told of a source whose queue has nothing. */
  readonly looked: (source: string) => void;
  readonly watch: Pick<SourceWatch, 'problem'>;
  /** Told of what was announced and is not read. */
  readonly skipped: (source: string, reason: SkipReason) => void;
}

export interface OpenQueues {
  readonly feeds: readonly Feed[];
  /** Asks the queues of messages that were given up. Never throws. */
  readonly askDeadLetterQueues: () => Promise<readonly DeadLetterQueue[]>;
}

/** The queues, with the credentials that the environment has: they are the detector's. */
export function openQueues(
  queues: readonly ServedQueue[],
  {
    aws,
    installation,
  }: Pick<LoadedConfig, 'installation'> & { readonly aws: NonNullable<LoadedConfig['aws']> },
  { env, now, log, looked, watch, skipped }: QueueDeps,
): OpenQueues {
  const { account, region, oidc } = aws.detector;
  const client = createSqsClient(region ?? aws.accounts[account]?.region ?? '');
  const tokenFile = oidc === undefined ? undefined : env.AWS_WEB_IDENTITY_TOKEN_FILE;
  const clients = s3Clients({
    sessionName: `${aws.namePrefix}-${installation}`,
    ...(tokenFile === undefined ? {} : { tokenFile }),
  });
  const problemIn =
    (name: string): OnProblem =>
    (place, problem) => {
      watch.problem(name, place, problem?.message);
      log('warn', problem === undefined ? `${place} can be used again.` : `${place}: ${problem.message}`);
    };
  const feeds = queues.map(({ name, aws: source }) =>
    sqsFeed({
      ...{ source: sqsSourceOf(name, source), client, clients, now },
      onProblem: problemIn(name),
      onUnreadable: (messageId, { message, fix }) =>
        log('error', `Message ${messageId} of ${name} is left to the dead letters: ${message} → ${fix}`),
      onSkipped: ({ reason, what }) => {
        skipped(name, reason);
        log(isOutside(reason) ? 'warn' : 'info', `${name}: left out (${reason}): ${what}`);
      },
      onEmpty: () => looked(name),
    }),
  );
  const problems = new Map(queues.map(({ name }) => [name, new Problems(problemIn(name))]));
  return {
    feeds,
    askDeadLetterQueues: async () => {
      const asked = await askDeadLetterQueues(client, queues);
      for (const { source, url, answer } of asked) {
        const place = `${url} (sqs:GetQueueAttributes)`;
        if ('problem' in answer) problems.get(source)?.set(place, answer.problem);
        else problems.get(source)?.clear(place);
      }
      return asked;
    },
  };
}
