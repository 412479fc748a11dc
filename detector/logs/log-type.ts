import type { Path } from '../rule.js';
import type { JsonObject } from '../engine/json.js';
import type { Vocabulary } from '../engine/vocabulary.js';

/**
 * A log type: the shape of an event. Its vocabulary (named fields, conditions, standard context) serves the rules.
 * Every log type defines the fields `actor`, `sourceIp`, `account` and `region` where its records have them.
 */
export interface LogType extends Vocabulary {
  /** Whether a record is an event of this type, by its shape alone. */
  readonly recognises: (record: JsonObject) => boolean;
  /** Records that share its objects and are no events, such as digests; they are skipped and counted. */
  readonly skips?: (record: JsonObject) => boolean;
  /** The id that the cloud gave the event; without one, a hash of the record's bytes stands in. */
  readonly eventId: Path;
  /** When it happened; without one, the time of arrival stands in. */
  readonly eventTime: Path;
}
