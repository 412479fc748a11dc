import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SystemEvent } from '../alerts/system-rules.js';
import { Queue } from '../feeds/sqs/queue.js';
import type { SourceSettings } from '../settings.js';

/** What a dead-letter queue says, or why it does not. */
export interface DeadLetterQueue {
  readonly source: string;
  readonly url: string;
  readonly answer: { readonly messages: number } | { readonly problem: unknown };
}

/**
 * Looks into the dead-letter queues: a detector that ran out of time or memory can tell nobody itself. One that does not
 * answer hides no other.
 */
export async function askDeadLetterQueues(
  client: SQSClient,
  sources: readonly Pick<SourceSettings, 'name' | 'aws'>[],
): Promise<readonly DeadLetterQueue[]> {
  const asked = sources.map(async ({ name: source, aws }): Promise<readonly DeadLetterQueue[]> => {
    if (aws === undefined) return [];
    const url = aws.deadLettersUrl;
    try {
      const { waiting } = await new Queue(client, url).depth();
      return [{ source, url, answer: { messages: waiting } }];
    } catch (problem) {
      return [{ source, url, answer: { problem } }];
    }
  });
  return (await Promise.all(asked)).flat();
}

/** What is to be raised about messages that the queues gave up. Pure. */
export const failedMessages = (queues: readonly DeadLetterQueue[], at: number): readonly SystemEvent[] =>
  queues.flatMap(({ source, url, answer }) =>
    'messages' in answer && answer.messages > 0 ? [gaveUp(source, answer.messages, url, at)] : [],
  );

const gaveUp = (source: string, messages: number, queue: string, at: number): SystemEvent => ({
  ...{ rule: 'tocsin.dead-letters', about: source, at },
  title: `Messages of ${source} failed again and again and were set aside`,
  context: { source, messages, queue },
});
