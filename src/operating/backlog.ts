/** What waits at a source, and how many places of it cannot be read, as the running detector or the queue says. */
export interface Backlog {
  readonly units: number;
  /** Stored bytes, where the source tells. */
  readonly bytes?: number;
  readonly unreadable: number;
  /** Messages that a queue gave up after several tries. */
  readonly gaveUp?: number;
}

const LINE =
  /^tocsin_(backlog_units|backlog_bytes|unreadable_places)\{source="([^"\\]*)"\} (\d+(?:\.\d+)?(?:e\+?\d+)?)$/;
const FIELDS: Readonly<Record<string, 'units' | 'bytes' | 'unreadable'>> = {
  backlog_units: 'units',
  backlog_bytes: 'bytes',
  unreadable_places: 'unreadable',
};
const TIMEOUT_MS = 2000;

/** The backlog by source, out of metrics in the text format of Prometheus. */
export function backlogIn(metrics: string): ReadonlyMap<string, Backlog> {
  const found = new Map<string, Backlog>();
  for (const line of metrics.split('\n')) {
    const [, what = '', source, value] = LINE.exec(line) ?? [];
    const field = FIELDS[what];
    if (source === undefined || field === undefined) continue;
    const known = found.get(source) ?? { units: 0, bytes: 0, unreadable: 0 };
    found.set(source, { ...known, [field]: Number(value) });
  }
  return found;
}

/** Asks the running detector; nothing where it does not answer, or listens on a port that was left to chance. */
export async function askBacklog(host: string, port: number): Promise<ReadonlyMap<string, Backlog>> {
  if (port === 0) return new Map();
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  try {
    const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}/metrics`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    return response.ok ? backlogIn(await response.text()) : new Map();
  } catch {
    return new Map();
  }
}

/** Of two who know of a source, both are heard; the second knows better what waits. */
export function bothOf(
  one: ReadonlyMap<string, Backlog>,
  other: ReadonlyMap<string, Backlog>,
): ReadonlyMap<string, Backlog> {
  const all = new Map(one);
  for (const [source, backlog] of other) {
    const unreadable = Math.max(backlog.unreadable, one.get(source)?.unreadable ?? 0);
    all.set(source, { ...backlog, unreadable });
  }
  return all;
}
