import { alertKey, decodeAlert, type AlertDocument } from '../../detector/alerts/alert-document.js';
import { decodeGroup } from '../../detector/alerts/group-document.js';
import type { StateStore } from '../../detector/state/store.js';
import { UsageError } from '../errors.js';
import { alertRecord, type AlertRecord, type GroupFacts } from './alert-record.js';
import { documentsOf } from './documents-of.js';

type Reader = Pick<StateStore, 'get' | 'list'>;

/** The groups that alerts name, each read once. */
export class GroupReader {
  private readonly known = new Map<string, Promise<GroupFacts | undefined>>();

  constructor(private readonly store: Reader) {}

  get(key: string): Promise<GroupFacts | undefined> {
    let found = this.known.get(key);
    if (found === undefined) {
      found = readGroup(this.store, key);
      this.known.set(key, found);
    }
    return found;
  }
}

async function readGroup(store: Reader, key: string): Promise<GroupFacts | undefined> {
  const found = await store.get(key);
  if (found === undefined) return undefined;
  const { group, deliveries, resolved } = decodeGroup(found.body);
  return { alerts: group.alerts, deliveries, resolved };
}

const AT_ONCE = 64;

/** All alerts, in order of their ids. */
export async function* readAlerts(store: Reader): AsyncGenerator<AlertRecord> {
  const groups = new GroupReader(store);
  let waiting: Promise<AlertRecord>[] = [];
  for await (const { body } of documentsOf(store, 'alert')) {
    const document = decodeAlert(body);
    waiting.push(groups.get(document.groupKey).then((group) => alertRecord(document, group)));
    if (waiting.length < AT_ONCE) continue;
    yield* await Promise.all(waiting);
    waiting = [];
  }
  yield* await Promise.all(waiting);
}

/** Fewer digits are rarely the only ones, and rarely meant. */
const ALERT_ID = /^[0-9a-f]{4,32}$/;
const WHOLE_ID = 32;
const MOST_NAMED = 5;

export const mayBeAlertId = (text: string): boolean => ALERT_ID.test(text.toLowerCase());

/**
 * The alert of an id, or of the first digits of one.
 * @throws UsageError where there is none, or more than one
 */
export async function findAlert(store: Reader, typed: string): Promise<AlertDocument> {
  const id = typed.toLowerCase();
  if (!ALERT_ID.test(id)) {
    throw new UsageError(
      'BAD_ALERT_ID',
      `"${typed}" is no id of an alert.`,
      'Write the id, or at least its first four digits, as `tocsin alerts list` shows it.',
    );
  }
  const keys =
    id.length === WHOLE_ID
      ? [alertKey(id)]
      : (await store.list('alert', alertKey(id), MOST_NAMED)).filter((key) => key.startsWith(alertKey(id)));
  if (keys.length > 1) {
    const ids = keys.map((key) => key.slice(alertKey('').length));
    throw new UsageError(
      'MANY_ALERTS',
      `More than one alert begins with "${typed}": ${ids.join(', ')}${ids.length === MOST_NAMED ? ', …' : ''}`,
      'Write more of its digits.',
    );
  }
  const found = keys[0] === undefined ? undefined : await store.get(keys[0]);
  if (found === undefined) {
    throw new UsageError(
      'NO_SUCH_ALERT',
      `There is no alert "${typed}".`,
      'List the alerts with `tocsin alerts list --limit 0`.',
    );
  }
  return decodeAlert(found.body);
}
