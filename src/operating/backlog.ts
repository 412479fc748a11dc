/** What waits at a source, and how many places of it cannot be read, as the running detector says. */
export interface Backlog {
  readonly units: number;
  readonly bytes: number;
  readonly unreadable: number;
}

const LINE =
  /^tocsin_(backlog_units|backlog_bytes|unreadable_places)\{source="([^"\\]*)"\} (\d+(?:\.\d+)?(?:e\+?\d+)?)$/;
const FIELDS: Readonly<Record<string, keyof Backlog>> = {
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
