import type { JsonObject } from '../engine/json.js';
import type { LogTypeId } from '../rule.js';
import { logTypes } from './index.js';
import type { LogType } from './log-type.js';
import type { SourceMap } from './source-map.js';

/** What a record is: an event, something known that is none, or something that nobody knows. */
export type Classified = { readonly logType: LogType } | 'not-an-event' | 'unknown';

export type Classify = (record: JsonObject) => Classified;

/** Decides for a whole object by its key; `excluded` where the configuration leaves the object out. */
export function classifierFor(key: string, sources: SourceMap, forced?: LogTypeId): Classify | 'excluded' {
  const mapped = sources.lookUp(key);
  if (mapped === 'excluded') return 'excluded';
  const named = forced ?? mapped;
  const known = logTypes.find((logType) => logType.id === named);
  return known === undefined
    ? byShape()
    : (record) => (known.skips?.(record) === true ? 'not-an-event' : { logType: known });
}

/** By the shape of the record. An object mostly holds records of one type, so the last one is tried first. */
function byShape(): Classify {
  let last = logTypes[0];
  return (record) => {
    if (last !== undefined && last.skips?.(record) !== true && last.recognises(record))
      return { logType: last };
    for (const logType of logTypes) {
      if (logType.skips?.(record) === true) return 'not-an-event';
      if (logType.recognises(record)) {
        last = logType;
        return { logType };
      }
    }
    return 'unknown';
  };
}
