import type { MessageKind } from './destination.js';
import type { DestinationOptions } from './options.js';

const WITHOUT_UPDATES: ReadonlySet<MessageKind> = new Set<MessageKind>([
  ...(['raised', 'escalated', 'resolved', 'summary', 'system', 'test'] as const),
]);
const ALL: ReadonlySet<MessageKind> = new Set<MessageKind>([...WITHOUT_UPDATES, 'updated']);

/** Which kinds a destination of these options can show; it need not be made to know that. */
export const kindsOf = (options: DestinationOptions): ReadonlySet<MessageKind> =>
  showsUpdates(options) ? ALL : WITHOUT_UPDATES;

/** Only what can change what it showed, and what asks for it: `updated` is a message for every growth of an alert. */
function showsUpdates(options: DestinationOptions): boolean {
  switch (options.type) {
    case 'slack':
      return options.webhookUrl === undefined;
    case 'asana':
      return true;
    case 'pagerduty':
      return false;
    case 'webhook':
    case 'file':
    case 'stdout':
      return options.updates;
  }
}
