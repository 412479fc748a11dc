import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ALERT_BODY, alertBody } from '../../../detector/destinations/body.js';
import { ocsfFinding } from '../../../detector/destinations/ocsf.js';
import { isObject, type Json, type JsonObject } from '../../../detector/engine/json.js';
import { LOG_TYPES, SEVERITIES } from '../../../detector/rule.js';
import type { MessageKind } from '../../../detector/destinations/destination.js';
import { HOSTILE, MESSAGE } from './messages.js';

const SCHEMA_FILE = 'docs/schema/alert.schema.json';
const KINDS: readonly MessageKind[] = [
  'raised',
  'escalated',
  'updated',
  'resolved',
  'summary',
  'system',
  'test',
];

/** The schema in docs, read back. */
const published = () =>
  z.fromJSONSchema(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as Parameters<typeof z.fromJSONSchema>[0]);

describe('the JSON body', () => {
  test('its schema in docs is up to date (`npm run docs:generate` writes it)', () => {
    const schema = z.toJSONSchema(ALERT_BODY, { target: 'draft-2020-12' });

    expect(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.additionalProperties).toBe(false);
  });

  test.each(KINDS)('%s fits the schema in docs, ordinary and hostile', (kind) => {
    for (const message of [MESSAGE, HOSTILE]) {
      const body = alertBody({ kind, message });
      const sent: unknown = JSON.parse(JSON.stringify(body));
      expect(published().safeParse(sent).error).toBeUndefined();
      expect(ALERT_BODY.safeParse(sent).error).toBeUndefined();
    }
  });

  test('a field that is not in the schema is refused by it', () => {
    const body = alertBody({ kind: 'raised', message: MESSAGE });

    expect(published().safeParse({ ...body, extra: 1 }).success).toBe(false);
    expect(published().safeParse({ ...body, rule: { ...body.rule, extra: 1 } }).success).toBe(false);
    expect(published().safeParse({ ...body, severity: 'urgent' }).success).toBe(false);
    expect(published().safeParse({ ...body, title: undefined }).success).toBe(false);
  });

  test('an alert of the detector about itself fits', () => {
    const message = { ...MESSAGE, logType: 'tocsin.system' } as const;

    expect(ALERT_BODY.safeParse(alertBody({ kind: 'raised', message })).success).toBe(true);
    expect(ocsfFinding({ kind: 'raised', message })).not.toHaveProperty('cloud');
  });
});

/** What OCSF 1.3.0 requires of a Detection Finding with the cloud profile, and of the objects used in it. */
function missing(finding: JsonObject): string[] {
  const problems: string[] = [];
  const at = (path: string): Json | undefined =>
    path
      .split('.')
      .reduce<Json | undefined>((value, name) => (isObject(value) ? value[name] : undefined), finding);
  const needs = (path: string, holds: (value: Json | undefined) => boolean) => {
    if (!holds(at(path))) problems.push(`${path}: ${JSON.stringify(at(path))}`);
  };
  const isText = (value: Json | undefined) => typeof value === 'string' && value !== '';
  const isTime = (value: Json | undefined) => Number.isInteger(value) && Number(value) > 1e12;
  needs('class_uid', (value) => value === 2004);
  needs('category_uid', (value) => value === 2);
  needs('activity_id', (value) => [1, 2, 3].includes(Number(value)));
  needs('type_uid', (value) => value === 200_400 + Number(at('activity_id')));
  needs('severity_id', (value) => [1, 2, 3, 4, 5].includes(Number(value)));
  needs('status_id', (value) => [1, 4].includes(Number(value)));
  for (const time of ['time', 'start_time', 'end_time', 'finding_info.first_seen_time']) needs(time, isTime);
  needs('metadata.version', (value) => value === '1.3.0');
  needs('metadata.product.name', isText);
  needs('metadata.profiles', (value) => JSON.stringify(value) === '["cloud"]');
  needs('cloud.provider', (value) => typeof value === 'string' && ['AWS', 'Azure', 'GCP'].includes(value));
  needs('finding_info.uid', isText);
  needs('finding_info.title', isText);
  needs('finding_info.analytic.type_id', (value) => value === 1);
  needs('finding_info.analytic.uid', isText);
  needs('finding_info.attacks', (value) =>
    (value as readonly JsonObject[]).every((attack) => 'tactic' in attack || 'technique' in attack),
  );
  needs('finding_info.related_events', (value) =>
    (value as readonly JsonObject[]).every((event) => typeof event.uid === 'string'),
  );
  needs('evidences', (value) =>
    (value as readonly JsonObject[]).every((one) =>
      ['actor', 'api', 'src_endpoint', 'data'].some((name) => name in one),
    ),
  );
  return problems;
}

describe('the OCSF finding', () => {
  test('is this', () => {
    const finding = ocsfFinding({ kind: 'raised', message: MESSAGE });

    expect(missing(finding)).toEqual([]);
    expect(finding).toMatchObject({
      time: Date.parse(MESSAGE.lastEventTime),
      message: MESSAGE.title,
      finding_info: {
        uid: MESSAGE.alertId,
        attacks: [
          {
            tactic: { uid: 'TA0001' },
            technique: { uid: 'T1078' },
            sub_technique: { uid: 'T1078.004' },
          },
          { tactic: { uid: 'TA0003' }, technique: { uid: 'T1098' } },
        ],
      },
      evidences: [
        {
          actor: { user: { name: 'root' } },
          api: { operation: 'ConsoleLogin', service: { name: 'signin.amazonaws.com' } },
          src_endpoint: { ip: '203.0.113.20' },
        },
      ],
      cloud: { provider: 'AWS', account: { uid: '210987654321' }, region: 'eu-central-1' },
      unmapped: { context: MESSAGE.context, dedup: MESSAGE.dedup },
    });
  });

  test.each(KINDS)('%s holds what is required', (kind) => {
    for (const severity of SEVERITIES) {
      for (const logType of LOG_TYPES) {
        expect(missing(ocsfFinding({ kind, message: { ...MESSAGE, severity, logType } }))).toEqual([]);
      }
    }
    expect(missing(ocsfFinding({ kind, message: { ...MESSAGE, context: {} } }))).toEqual([]);
    expect(missing(ocsfFinding({ kind, message: HOSTILE }))).toEqual([]);
  });

  test.each([
    ['raised', 1],
    ['escalated', 2],
    ['updated', 2],
    ['resolved', 3],
  ] as const)('%s is activity %d', (kind, activity) => {
    expect(ocsfFinding({ kind, message: MESSAGE }).activity_id).toBe(activity);
  });

  test('a service that made the call is no IP address', () => {
    const context = { ...MESSAGE.context, sourceIPAddress: 'cloudformation.amazonaws.com' };

    expect(ocsfFinding({ kind: 'raised', message: { ...MESSAGE, context } })).toMatchObject({
      evidences: [{ src_endpoint: { name: 'cloudformation.amazonaws.com' } }],
    });
  });
});
