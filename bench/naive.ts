import { contentOf } from './records.js';
import type { Work } from './measure.js';

/** `{"Records":[...` in one piece; everything else is taken for one record a line. */
const IS_ENVELOPE = /^\s*\{\s*"records"\s*:/i;

/**
 * What any reader costs that knows nothing but JSON: decompress a file, parse all of it, count its records.
 * Decompression is Tocsin's own, which knows the size beforehand: the difference is in what comes after it.
 */
export function readNaively(bytes: Buffer): Work & { bytes: number } {
  const content = contentOf(bytes);
  const text = content.toString();
  return { events: countRecords(text), bytes: content.length };
}

function countRecords(text: string): number {
  if (IS_ENVELOPE.test(text)) {
    const envelope = JSON.parse(text) as Record<string, unknown>;
    return Object.values(envelope).reduce<number>(
      (sum, value) => sum + (Array.isArray(value) ? value.length : 0),
      0,
    );
  }
  let events = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    JSON.parse(line);
    events++;
  }
  return events;
}
