import type { WatchedSource } from '../../detector/alerts/silence.js';
import type { AwsSourceSettings } from '../../detector/settings.js';
import type { LoadedConfig } from '../config/load.js';
import { settingsOf } from '../config/settings.js';
import type { OpenQueues, QueueDeps } from './open-queues.js';

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

/** Opens the queues, where there are any; what talks to AWS is loaded only then. */
export async function openQueues(
  queues: readonly ServedQueue[],
  { aws, installation }: LoadedConfig,
  deps: QueueDeps,
): Promise<OpenQueues> {
  if (queues.length === 0 || aws === undefined) return { feeds: [], askDeadLetterQueues: async () => [] };
  return (await import('./open-queues.js')).openQueues(queues, { aws, installation }, deps);
}
