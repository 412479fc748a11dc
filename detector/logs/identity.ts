import { createHash } from 'node:crypto';
import type { JsonObject } from '../engine/json.js';
import { compilePath, scopeOf } from '../engine/scope.js';
import { elementsOf, textOf } from '../engine/values.js';
import { NEEDS_MORE, parsedView } from '../engine/view.js';
import type { LogType } from './log-type.js';
import { parseEventTime } from './time.js';

/** Longer ids are no ids of a cloud; they are hashed, so that a hostile record cannot fill the state. */
const LONGEST_ID = 256;

/** Tells which event a record is, and when it happened. */
interface IdentityReader {
  /** Milliseconds since the epoch; undefined where the record does not say. */
  readonly time: (record: JsonObject) => number | undefined;
  /** The cloud's own id, else 32 hexadecimal digits of the SHA-256 of the record's bytes. */
  readonly id: (record: JsonObject, bytes: Uint8Array) => string;
}

const readers = new WeakMap<LogType, IdentityReader>();

/** How events of a log type are identified; compiled once for each log type. */
export function identityReader(logType: LogType): IdentityReader {
  const known = readers.get(logType);
  if (known !== undefined) return known;
  const id = firstText(logType.eventId);
  const time = firstText(logType.eventTime);
  const reader: IdentityReader = {
    id: (record, bytes) => {
      const native = id(record);
      return native !== undefined && native.length <= LONGEST_ID ? native : hashOf(bytes);
    },
    time: (record) => {
      const text = time(record);
      return text === undefined ? undefined : parseEventTime(text);
    },
  };
  readers.set(logType, reader);
  return reader;
}

function firstText(path: string): (record: JsonObject) => string | undefined {
  const { get } = compilePath(path, {
    fieldNamed: () => undefined,
    inElement: false,
    exact: false,
  });
  return (record) => {
    const value = get(scopeOf(parsedView(record)));
    return (value === NEEDS_MORE ? undefined : textOf(elementsOf(value)[0])) || undefined;
  };
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 32);
