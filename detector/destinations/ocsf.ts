import type { Json, JsonObject } from '../engine/json.js';
import type { Severity } from '../rule.js';
import { alertBody, type AlertBody } from './body.js';
import type { Delivery, MessageKind } from './destination.js';
import { attackOf, cloudNameOf, factsOf, isAddress, type AlertFacts } from './facts.js';

/** The version that is emitted; `is_alert` is left out, because it came with 1.4. */
const OCSF_VERSION = '1.3.0';
const CLASS = 2004;

/** @see https://schema.ocsf.io/1.3.0/classes/detection_finding */
const ACTIVITIES: Readonly<Record<MessageKind, readonly [number, string]>> = {
  raised: [1, 'Create'],
  summary: [1, 'Create'],
  system: [1, 'Create'],
  test: [1, 'Create'],
  escalated: [2, 'Update'],
  updated: [2, 'Update'],
  resolved: [3, 'Close'],
};

const SEVERITIES: Readonly<Record<Severity, readonly [number, string]>> = {
  info: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
};

/**
 * An alert as an OCSF 1.3.0 Detection Finding (class 2004) with the cloud profile. What OCSF has no place for is under
 * `unmapped`; nothing is dropped. `finding_info.uid` is the alert in all messages about it, `metadata.uid` the message.
 * `time` is that of the last event, so that attempts at one message are equal.
 * @see https://schema.ocsf.io/1.3.0/classes/detection_finding
 */
export function ocsfFinding(delivery: Pick<Delivery, 'kind' | 'message'>): JsonObject {
  const body = alertBody(delivery);
  const facts = factsOf(delivery.message);
  const [activity, activityName] = ACTIVITIES[body.kind];
  const [severity, severityName] = SEVERITIES[body.severity];
  const [first, last] = [Date.parse(body.firstEventTime), Date.parse(body.lastEventTime)];
  const cloud = cloudOf(body, facts);
  const resolved = body.kind === 'resolved';
  return {
    ...{ activity_id: activity, activity_name: activityName },
    ...{ category_uid: 2, category_name: 'Findings', class_uid: CLASS, class_name: 'Detection Finding' },
    ...{ type_uid: CLASS * 100 + activity, type_name: `Detection Finding: ${activityName}` },
    ...{ severity_id: severity, severity: severityName },
    ...{ status_id: resolved ? 4 : 1, status: resolved ? 'Resolved' : 'New' },
    ...{ time: last, start_time: first, end_time: last, count: body.events },
    message: body.title,
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Tocsin', vendor_name: 'Tocsin' },
      profiles: cloud === undefined ? [] : ['cloud'],
      uid: body.messageId,
      correlation_uid: body.groupId,
      event_code: body.rule.id,
      log_name: body.logType,
    },
    finding_info: findingInfo(body, first, last),
    evidences: [evidence(body, facts)],
    ...(cloud === undefined ? {} : { cloud }),
    remediation: { desc: body.rule.runbook, references: body.rule.references },
    unmapped: {
      kind: body.kind,
      schema_version: body.schemaVersion,
      dedup: body.dedup,
      late: body.late,
      ruleset: body.ruleset,
      context: body.context,
      pointers: body.pointers,
      attack: body.rule.attack,
    },
  };
}

const findingInfo = (body: AlertBody, first: number, last: number): JsonObject => ({
  uid: body.alertId,
  title: body.title,
  desc: body.rule.description,
  analytic: { uid: body.rule.id, name: body.rule.name, type_id: 1, type: 'Rule' },
  attacks: body.rule.attack.flatMap((reference) => attackEntry(reference) ?? []),
  data_sources: [body.logType],
  first_seen_time: first,
  last_seen_time: last,
  related_events_count: body.events,
  related_events: body.pointers.map(({ eventId }) => ({ uid: eventId })),
});

/** An attack object needs a tactic, a technique or a sub-technique; a reference that is not well formed has none. */
function attackEntry(reference: string): JsonObject | undefined {
  const { tactic, technique, subTechnique } = attackOf(reference) ?? {};
  if (tactic === undefined || technique === undefined) return undefined;
  return {
    tactic: { uid: tactic },
    technique: { uid: technique },
    ...(subTechnique === undefined ? {} : { sub_technique: { uid: subTechnique } }),
  };
}

/** An evidence needs one of actor, api, src_endpoint, data and others; the dedup key is there when nothing else is. */
function evidence(body: AlertBody, facts: AlertFacts): JsonObject {
  const { actor, operation, service, source } = facts;
  return without({
    actor: actor === undefined ? undefined : { user: { name: actor } },
    api:
      operation === undefined
        ? undefined
        : without({ operation, service: service === undefined ? undefined : { name: service } }),
    // CloudTrail puts the name of a service where a service made the call.
    src_endpoint: source === undefined ? undefined : isAddress(source) ? { ip: source } : { name: source },
    data: { dedup: body.dedup },
  });
}

/** The cloud profile demands `cloud`, and `cloud` a provider; what the detector says about itself is of no cloud. */
function cloudOf({ logType }: AlertBody, { account, region }: AlertFacts): JsonObject | undefined {
  const provider = cloudNameOf(logType);
  if (provider === undefined) return undefined;
  return without({
    provider,
    account: account === undefined ? undefined : { uid: account },
    project_uid: provider === 'GCP' ? account : undefined,
    region,
  });
}

const without = (object: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(object).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
