import { SEVERITIES, type Rule, type Severity } from '../rule.js';
import type { JsonObject } from '../engine/json.js';
import { cutText } from '../engine/text.js';
import type { FoundMatch } from '../evaluate-unit.js';
import { hashOfParts } from '../hash.js';
import { shownContext } from './contribution.js';
import { severityRank, type AlertLogType, type Contribution } from './group.js';

/** What an event adds to its group, as a manifest keeps it. */
type ContributionRow = readonly [
  time: number,
  id: string,
  severity: number,
  index: number,
  eventId: string,
  values: readonly string[] | 0,
];

interface Presentation {
  /** The event it is of. */
  readonly id: string;
  readonly title: string;
  readonly context: JsonObject;
}

/** The contributions of a unit to one group, or a part of them where they are many. */
export interface ManifestEntry {
  readonly rule: string;
  readonly logType: AlertLogType;
  readonly dedup: string;
  /** The object that the events came in. */
  readonly unit: string;
  /** When that arrived, in milliseconds since the epoch: events are late, or not, compared with this. */
  readonly arrival: number;
  readonly rows: readonly ContributionRow[];
  /** Of the events that may raise an alert; the others are never asked for theirs. */
  readonly shown: readonly Presentation[];
}

/** Bytes of JSON that an entry is cut at; one presentation (23 KB), key, name and row more always fit a page. */
const MOST_ENTRY_BYTES = 40_000;
const MOST_SHOWN = 20;
/** No object store allows more; files can have longer paths. */
const LONGEST_UNIT = 1024;
/** Distinct values that one event brings; no threshold is higher. */
const MOST_VALUES = 1000;

/** 64 bits: enough for the thousand members of a group, and short enough for its document. */
export const shortHash = (text: string): string =>
  Buffer.from(hashOfParts([text]).slice(0, 16), 'hex').toString('base64url');

/** Collects the matches of a unit, small enough to be kept: what was evaluated once is never evaluated again. */
export class ManifestBuilder {
  private readonly groups = new Map<
    string,
    { rule: Rule; first: FoundMatch; rows: ContributionRow[]; shown: Shown }
  >();
  /** Matches by rule, for status. Signals are only counted here. */
  readonly hits = new Map<string, number>();

  /** @param arrival of the unit, in milliseconds since the epoch */
  constructor(
    private readonly unit: string,
    private readonly arrival: number,
  ) {}

  add(found: FoundMatch): void {
    const { rule, dedup, severity, distinct } = found.match;
    this.hits.set(rule.id, (this.hits.get(rule.id) ?? 0) + 1);
    if (rule.alert === false) return;
    const key = JSON.stringify([rule.id, dedup]);
    let group = this.groups.get(key);
    if (group === undefined) {
      group = { rule, first: found, rows: [], shown: new Shown((rule.windowMinutes ?? 60) * 60_000) };
      this.groups.set(key, group);
    }
    const id = shortHash(found.eventId);
    const values = distinct?.slice(0, MOST_VALUES).map(shortHash) ?? 0;
    group.rows.push([found.eventTime, id, SEVERITIES.indexOf(severity), found.index, found.eventId, values]);
    group.shown.offer(id, found);
  }

  entries(): readonly ManifestEntry[] {
    return [...this.groups.values()].flatMap(({ rule, first, rows, shown }) =>
      split({
        rule: rule.id,
        logType: first.logType,
        dedup: first.match.dedup,
        unit: cutText(this.unit, LONGEST_UNIT),
        arrival: this.arrival,
        rows,
        shown: shown.all,
      }),
    );
  }
}

/** Keeps the title and context of matches that could open an alert: one for each window and rise of severity. */
class Shown {
  readonly all: Presentation[] = [];
  private last = -Infinity;
  private highest: Severity = 'info';

  constructor(private readonly windowMs: number) {}

  offer(id: string, { match, eventTime }: FoundMatch): void {
    const more = severityRank(match.severity) > severityRank(this.highest);
    if (
      this.all.length >= MOST_SHOWN ||
      (this.all.length > 0 && !more && Math.abs(eventTime - this.last) <= this.windowMs)
    )
      return;
    this.last = eventTime;
    if (more) this.highest = match.severity;
    this.all.push({ id, title: match.title, context: shownContext(match) });
  }
}

/** Cuts an entry into parts that fit a page each. Each part can present every event that it holds. */
function split(entry: ManifestEntry): readonly ManifestEntry[] {
  const shown = new Map(entry.shown.map((one) => [one.id, { one, bytes: bytesOf(one) }]));
  const frame = bytesOf({ ...entry, rows: [], shown: [] });
  const parts: { rows: ContributionRow[]; shown: Presentation[] }[] = [];
  let bytes = Infinity;
  let speaker = shown.values().next().value;
  for (const row of entry.rows) {
    speaker = shown.get(row[1]) ?? speaker;
    const rowBytes = bytesOf(row);
    let part = parts.at(-1);
    const isNew = speaker !== undefined && part?.shown.includes(speaker.one) !== true;
    if (part === undefined || bytes + rowBytes + (isNew ? (speaker?.bytes ?? 0) : 0) > MOST_ENTRY_BYTES) {
      part = { rows: [], shown: [] };
      parts.push(part);
      bytes = frame;
    }
    if (speaker !== undefined && !part.shown.includes(speaker.one)) {
      part.shown.push(speaker.one);
      bytes += speaker.bytes;
    }
    part.rows.push(row);
    bytes += rowBytes;
  }
  return parts.map((part) => ({ ...entry, ...part }));
}

/** With the comma behind it. */
const bytesOf = (value: object): number => Buffer.byteLength(JSON.stringify(value)) + 1;

/** What the fold is given. An event without a presentation of its own takes the nearest one before it. */
export function contributionsOf({ rows, shown, unit, rule }: ManifestEntry): readonly Contribution[] {
  const byId = new Map(shown.map((presentation) => [presentation.id, presentation]));
  let speaker = shown[0] ?? { title: rule, context: {} };
  return rows.map(([time, id, severity, index, eventId, values]) => {
    speaker = byId.get(id) ?? speaker;
    const { title, context } = speaker;
    return {
      ...{ time, id, severity: SEVERITIES[severity] ?? 'critical', pointer: { unit, index, eventId } },
      ...(values === 0 ? {} : { values }),
      present: () => ({ title, context }),
    };
  });
}
