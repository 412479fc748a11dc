import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SystemEvent } from '../../alerts/system-rules.js';
import type { SourceSettings } from '../../settings.js';

/** Looks into the dead-letter queues: a function that ran out of time or memory can tell nobody itself. */
export async function failedMessages(
  client: SQSClient,
  sources: readonly SourceSettings[],
  at: number,
): Promise<readonly SystemEvent[]> {
  const found = await Promise.all(
    sources.map(async ({ name, aws }): Promise<readonly SystemEvent[]> => {
      if (aws === undefined) return [];
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl: aws.deadLettersUrl,
          AttributeNames: ['ApproximateNumberOfMessages'],
        }),
      );
      const messages = Number(Attributes?.ApproximateNumberOfMessages ?? 0);
      return messages > 0 ? [gaveUp(name, messages, aws.deadLettersUrl, at)] : [];
    }),
  );
  return found.flat();
}

const gaveUp = (source: string, messages: number, queue: string, at: number): SystemEvent => ({
  ...{ rule: 'tocsin.dead-letters', about: source, at },
  title: `Messages of ${source} failed again and again and were set aside`,
  context: { source, messages, queue },
});
