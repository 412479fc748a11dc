import { alertBody } from './body.js';
import type { Delivery } from './destination.js';
import { ocsfFinding } from './ocsf.js';
import { jsonLine } from './text.js';

/** The message as one line of JSON. */
export const formatted = (format: 'tocsin' | 'ocsf', delivery: Pick<Delivery, 'kind' | 'message'>): string =>
  jsonLine(format === 'ocsf' ? ocsfFinding(delivery) : alertBody(delivery));
