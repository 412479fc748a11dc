import { alertBody } from './body.js';
import type { Delivery, MessageKind } from './destination.js';
import { ocsfFinding } from './ocsf.js';
import { jsonLine } from './text.js';

/** The kinds of destinations that take any message (webhook, file, stdout); `updated` only on request. */
export const anyKind = ({ updates }: { readonly updates: boolean }): ReadonlySet<MessageKind> =>
  new Set([
    ...(['raised', 'escalated', 'resolved', 'summary', 'system', 'test'] as const),
    ...(updates ? (['updated'] as const) : []),
  ]);

/** The message as one line of JSON. */
export const formatted = (format: 'tocsin' | 'ocsf', delivery: Pick<Delivery, 'kind' | 'message'>): string =>
  jsonLine(format === 'ocsf' ? ocsfFinding(delivery) : alertBody(delivery));
