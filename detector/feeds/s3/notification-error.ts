import { show } from '../../engine/text.js';

/** A message that tells nothing about any object. It stays in the queue, which makes it a dead letter. */
export class NotificationError extends Error {
  readonly code = 'NOTIFICATION_UNREADABLE';
  readonly fix = 'See what sends such messages to the queue, and let only the topic of the source send.';

  constructor(body: string) {
    super(
      `The message ${show(body)} is no notification: expected an event of S3 (also through EventBridge) or ` +
        'a message of CloudTrail, as it is or in an envelope of SNS.',
    );
    this.name = 'NotificationError';
  }
}
