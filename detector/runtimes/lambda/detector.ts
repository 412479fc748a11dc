import type { StatisticsRecorder } from '../../alerts/statistics.js';
import type { Core } from '../../core.js';
import type { MessageUnits } from '../../feeds/sqs/message.js';
import type { DetectorSettings } from '../../settings.js';
import type { StateStore } from '../../state/store.js';
import type { DeadLetterQueue } from '../failed-messages.js';
import type { Log } from './log.js';

/** What a queue of a source brings. */
export interface QueueSource {
  readonly name: string;
  /**
   * @param arrival when the message was sent, in milliseconds since the epoch
   * @throws NotificationError for a body that is no notification
   */
  readonly read: (body: string, arrival: number) => MessageUnits;
}

/** Everything that outlives one invocation. */
export interface Detector {
  readonly settings: DetectorSettings;
  readonly store: StateStore;
  readonly core: Core;
  readonly statistics: StatisticsRecorder;
  readonly log: Log;
  readonly now: () => number;
  readonly sourceOf: (queueArn: string) => QueueSource | undefined;
  /** Asks the queues of messages that were given up. */
  readonly askDeadLetterQueues: () => Promise<readonly DeadLetterQueue[]>;
}
