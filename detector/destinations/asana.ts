import { asanaApi, type MarkPlace } from './asana-api.js';
import { messageId } from './body.js';
import { StatusError } from './classify.js';
import type { AlertMessage, Delivery, Destination } from './destination.js';
import { attackLinks, headline, labelledFacts, referenceLinks } from './facts.js';
import { kindsOf } from './kinds.js';
import { policyOf, type DestinationDeps, type OptionsOf } from './options.js';
import { oneLine, severalLines } from './text.js';

const LONGEST_NAME = 250;
const DAY_MS = 86_400_000;
/** How far back a look-up goes; a task changed before that is no leftover of an earlier attempt. */
const LOOK_BACK_MS = 30 * DAY_MS;
const CLOCK_SKEW_MS = 3_600_000;

/**
 * Makes a task for every alert. The receipt is the task's gid. An escalation changes its name and due date and comments,
 * an update comments, a resolution comments and completes it. Notes and comments are plain text, never `html_notes`.
 *
 * Repeating is safe: a task bears the mark `tocsin:<alert id>`, in the last line of its notes or in a custom field, and
 * comments end with `tocsin:<message id>`; from the second attempt on they are looked for first, in lists of tasks, which
 * show at once what was written. Asana's search does not: it needs a paid plan and lags behind by 10 to 60 seconds. Its
 * own key, `external.gid`, needs OAuth, and a personal access token is what people have.
 * @see https://developers.asana.com/reference/createtask
 * @see https://developers.asana.com/reference/gettasks (read your own writes)
 * @see https://developers.asana.com/reference/searchtasksforworkspace (premium, eventual consistency)
 * @see https://developers.asana.com/docs/custom-external-data (OAuth)
 */
export function createAsana(name: string, options: OptionsOf<'asana'>, deps: DestinationDeps): Destination {
  const { http, now, secrets } = deps;
  const policy = policyOf(name, options, secrets);
  const api = asanaApi(http, policy, options.baseUrl, secrets.token ?? '');
  const { project, section, customField } = options;
  const markPlace: MarkPlace = customField === undefined ? 'notes' : { customField };
  const place = section === undefined ? { projects: [project] } : { memberships: [{ project, section }] };

  const dueOn = ({ severity }: AlertMessage): { due_on?: string } => {
    const days = options.dueDays[severity];
    return days === null ? {} : { due_on: new Date(now() + days * DAY_MS).toISOString().slice(0, 10) };
  };

  function find({ message, signal }: Delivery): Promise<string | undefined> {
    const since = Math.max(Date.parse(message.firstEventTime) - CLOCK_SKEW_MS, now() - LOOK_BACK_MS);
    const query = new URLSearchParams({ project, modified_since: new Date(since).toISOString() });
    return api.findMarked(`/tasks?${query.toString()}`, markPlace, alertMarker(message), signal);
  }

  function create({ kind, message, signal }: Delivery): Promise<string | undefined> {
    const marker = alertMarker(message);
    const marked =
      customField === undefined
        ? { notes: `${notesOf(message)}\n\n${marker}` }
        : { notes: notesOf(message), custom_fields: { [customField]: marker } };
    const content = { name: headline(kind, message, LONGEST_NAME), ...marked };
    return api.create('/tasks', { ...content, ...place, ...dueOn(message) }, signal);
  }

  async function comment(task: string, delivery: Delivery): Promise<void> {
    const { signal, attempt } = delivery;
    const path = `/tasks/${task}/stories`;
    const marker = `tocsin:${messageId(delivery)}`;
    const there = attempt > 1 && (await api.findMarked(path, 'text', marker, signal)) !== undefined;
    if (!there) await api.create(path, { text: `${commentOf(delivery)}\n\n${marker}` }, signal);
  }

  async function follow(task: string, delivery: Delivery): Promise<void> {
    const { kind, message, signal } = delivery;
    const path = `/tasks/${task}`;
    if (kind === 'escalated') {
      await api.change(path, { name: headline(kind, message, LONGEST_NAME), ...dueOn(message) }, signal);
    }
    await comment(task, delivery);
    if (kind === 'resolved') await api.change(path, { completed: true }, signal);
  }

  return {
    name,
    kinds: kindsOf(options),
    async deliver(delivery) {
      const { kind, receipt, attempt } = delivery;
      const known = /^\d{1,32}$/.test(receipt ?? '') ? receipt : undefined;
      const follows = kind === 'escalated' || kind === 'updated' || kind === 'resolved';
      const task = known ?? (follows || attempt > 1 ? await find(delivery) : undefined);
      if (task === undefined) {
        // Nothing to update or complete; an escalation must be seen all the same.
        return kind === 'updated' || kind === 'resolved' ? undefined : create(delivery);
      }
      if (!follows) return task;
      try {
        await follow(task, delivery);
        return task;
      } catch (error) {
        // Somebody deleted the task.
        if (!(error instanceof StatusError && error.status === 404)) throw error;
        return kind === 'escalated' ? create(delivery) : undefined;
      }
    },
  };
}

const alertMarker = ({ alertId }: AlertMessage): string => `tocsin:${oneLine(alertId, 200)}`;

const commentOf = ({ kind, message }: Delivery): string =>
  kind === 'resolved'
    ? `Resolved after ${String(message.events)} events.`
    : kind === 'escalated'
      ? `Escalated to ${message.severity.toUpperCase()}: ${String(message.events)} events so far.`
      : `${String(message.events)} events so far, the last at ${message.lastEventTime}.`;

function notesOf(message: AlertMessage): string {
  const { rule } = message;
  const links = [...attackLinks(message), ...referenceLinks(message)];
  const parts = [
    severalLines(rule.description, 2000),
    labelledFacts(message)
      .map(([label, value]) => `${label}: ${value}`)
      .join('\n'),
    rule.runbook === '' ? '' : `Runbook\n${severalLines(rule.runbook, 2000)}`,
    links.map(({ href }) => href).join('\n'),
    `Rule: ${oneLine(rule.id, 200)}`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}
