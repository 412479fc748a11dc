import type { SkipReason } from '../s3/notification.js';

const OUTSIDE: ReadonlySet<string> = new Set<SkipReason>(['other-bucket', 'other-prefix']);

/**
 * Whether something was left out because the source does not name its place: its bucket or prefixes are wrong, or its
 * queue is told of more than its own.
 */
export const isOutside = (reason: string): boolean => OUTSIDE.has(reason);
