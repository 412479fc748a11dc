import type { Deps } from '../command.js';
import type { LoadedConfig } from '../config/load.js';
import { plural } from '../output/numbers.js';
import { wants, type MessageItem, type ReplayFilter } from './replay-plan.js';
import type { ReplayResult } from './replay-text.js';

/** Nothing but their kind is known of messages: not what is in them, nor since when they failed. */
const isWanted = (filter: ReplayFilter): boolean =>
  wants(filter, 'message') &&
  [filter.rule, filter.destination, filter.since].every((one) => one === undefined);

/** What the queues of the sources gave up, a source an item. @throws AwsError when they cannot be asked */
export async function messagesGivenUp(
  config: LoadedConfig,
  { cwd, now }: Pick<Deps, 'cwd' | 'now'>,
  filter: ReplayFilter,
): Promise<readonly MessageItem[]> {
  if (config.aws === undefined || !isWanted(filter)) return [];
  const { askQueues } = await import('../cloud/aws/queue-backlog.js');
  return [...(await askQueues(config, cwd))].flatMap(([source, { gaveUp: messages = 0 }]): MessageItem[] =>
    messages > 0 ? [{ kind: 'message', at: now(), source, messages }] : [],
  );
}

/** The detector gets them anew from its queue. */
export async function replayMessages(
  item: MessageItem,
  config: LoadedConfig,
  { cwd }: Pick<Deps, 'cwd'>,
): Promise<ReplayResult> {
  const { putBack } = await import('../cloud/aws/put-back.js');
  const { messages, problem } = await putBack(config, cwd, item.source);
  const done = `${plural(messages, 'message')} put back`;
  if (problem === undefined) return { item, outcome: 'waiting', detail: done };
  return messages === 0
    ? { item, outcome: 'kept', detail: problem }
    : { item, outcome: 'partly', detail: `${done}; ${problem}` };
}
