import type { WatchedSource } from '../../detector/alerts/silence.js';
import type { Feed } from '../../detector/feeds/feed.js';
import type { SourceWatch } from '../../detector/runtimes/serve/source-watch.js';
import type { AwsSourceSettings } from '../../detector/settings.js';
import type { Deps } from '../command.js';
import type { LoadedConfig } from '../config/load.js';
import { settingsOf } from '../config/settings.js';
import type { Log } from './log.js';

/** A source whose new objects a queue announces. */
export interface ServedQueue extends WatchedSource {
  readonly aws: AwsSourceSettings;
}

/** Sources on AWS that are not watched as a folder. */
export function servedQueues(config: LoadedConfig): readonly ServedQueue[] {
  const folders = new Set(
    config.sources.flatMap(({ name, directory }) => (directory === undefined ? [] : [name])),
  );
  return settingsOf(config).sources.flatMap(({ name, aws, silentAfterMs }) =>
    aws === undefined || folders.has(name) ? [] : [{ name, aws, silentAfterMs }],
  );
}

/** Feeds of queues, with the credentials that the environment has: they are the detector's. */
export async function openQueueFeeds(
  queues: readonly ServedQueue[],
  { aws, installation }: LoadedConfig,
  deps: {
    readonly env: Deps['env'];
    readonly now: () => number;
    readonly log: Log;
    readonly looked: (source: string) => void;
    readonly watch: Pick<SourceWatch, 'problem'>;
  },
): Promise<readonly Feed[]> {
  if (queues.length === 0 || aws === undefined) return [];
  const [{ sqsFeed }, { createSqsClient }, { sqsSourceOf }, { s3Clients }] = await Promise.all([
    import('../../detector/feeds/sqs.js'),
    import('../../detector/feeds/sqs/client.js'),
    import('../../detector/feeds/sqs/source.js'),
    import('../../detector/feeds/s3/clients.js'),
  ]);
  const { env, now, log, looked, watch } = deps;
  const { account, region, oidc } = aws.detector;
  const client = createSqsClient(region ?? aws.accounts[account]?.region ?? '');
  const tokenFile = oidc === undefined ? undefined : env.AWS_WEB_IDENTITY_TOKEN_FILE;
  const clients = s3Clients({
    sessionName: `${aws.namePrefix}-${installation}`,
    ...(tokenFile === undefined ? {} : { tokenFile }),
  });
  return queues.map(({ name, aws: source }) =>
    sqsFeed({
      ...{ source: sqsSourceOf(name, source), client, clients, now },
      onProblem: (place, problem) => {
        watch.problem(name, place, problem?.message);
        log('warn', problem === undefined ? `${place} can be used again.` : `${place}: ${problem.message}`);
      },
      onUnreadable: (messageId, { message, fix }) =>
        log('error', `Message ${messageId} of ${name} is left to the dead letters: ${message} → ${fix}`),
      onSkipped: ({ reason, what }) => log('info', `${name}: left out (${reason}): ${what}`),
      onEmpty: () => looked(name),
    }),
  );
}
