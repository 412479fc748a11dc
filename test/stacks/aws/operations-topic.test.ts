import { describe, expect, test } from '@jest/globals';
import { oneAccount, organization } from '../configs.js';
import { synthesized, type Stack, type Statement } from '../synth.js';

const EMAILS = ['security@example.com', 'on-call@example.com'];
const aws = (more: object = {}) => ({
  accounts: { main: { id: '111111111111', region: 'eu-central-1' } },
  detector: { account: 'main' },
  monitoring: { emails: EMAILS },
  ...more,
});
const topic = 'arn:aws:sns:eu-central-1:111111111111:tocsin-acme-operations';

describe('the topic that tells people of trouble', () => {
  const stack = synthesized(oneAccount({ aws: aws() })).stack('detector');

  test('is encrypted with a key of its own', () => {
    expect(stack.at('operations/topic').values).toMatchObject({
      name: 'tocsin-acme-operations',
      kms_master_key_id: stack.at('operations/key/key').ref('arn'),
    });
    expect(stack.at('operations/key/key').values).toMatchObject({ enable_key_rotation: true });
  });

  test('takes messages over TLS from our alarms and from rules, and from nobody else', () => {
    expect(stack.statements('operations/topic')).toEqual([
      {
        sid: 'DenyWithoutTls',
        effect: 'Deny',
        actions: ['sns:Publish'],
        resources: [topic],
        principals: ['*:*'],
        conditions: { 'Bool aws:SecureTransport': ['false'] },
      },
      {
        sid: 'AlarmsPublish',
        effect: 'Allow',
        actions: ['sns:Publish'],
        resources: [topic],
        principals: ['Service:cloudwatch.amazonaws.com'],
        conditions: {
          'StringEquals aws:SourceAccount': ['111111111111'],
          'ArnLike aws:SourceArn': ['arn:aws:cloudwatch:eu-central-1:111111111111:alarm:tocsin-acme-*'],
        },
      },
      {
        // EventBridge supports no conditions here.
        sid: 'RulesPublish',
        effect: 'Allow',
        actions: ['sns:Publish'],
        resources: [topic],
        principals: ['Service:events.amazonaws.com'],
      },
    ]);
  });

  test('has a key that alarms and rules use for messages of this topic alone', () => {
    const used = stack.statements('operations/key/key').filter(({ sid }) => sid !== 'AccountDecidesByIam');

    expect(used.map(({ principals }) => principals)).toEqual([
      ['Service:cloudwatch.amazonaws.com'],
      ['Service:events.amazonaws.com'],
    ]);
    for (const { actions, conditions } of used) {
      expect(actions).toEqual(['kms:Decrypt', 'kms:GenerateDataKey*']);
      expect(conditions).toMatchObject({ 'StringEquals kms:EncryptionContext:aws:sns:topicArn': [topic] });
    }
  });

  test('tells everybody by mail whom the configuration names', () => {
    expect(
      stack
        .ofType('aws_sns_topic_subscription')
        .filter(({ path }) => path.startsWith('operations/'))
        .map(({ values }) => values),
    ).toEqual(
      EMAILS.map((endpoint) => ({
        protocol: 'email',
        endpoint,
        topic_arn: stack.at('operations/topic').ref('arn'),
      })),
    );
  });

  test('is known to every alarm, both ways', () => {
    const alarms = (one: Stack) => one.ofType('aws_cloudwatch_metric_alarm');
    const all = synthesized(oneAccount({ aws: aws() })).all.flatMap(alarms);

    expect(all.length).toBeGreaterThan(5);
    for (const { values } of all) {
      expect(values).toMatchObject({ alarm_actions: [topic], ok_actions: [topic] });
      // What its policy lets in.
      expect(values.alarm_name).toMatch(/^tocsin-acme-/);
    }
  });
});

describe('the topics that tell people where the one of the detector is out of reach', () => {
  const stack = synthesized(organization({ aws: { monitoring: { emails: EMAILS } } })).stack('source-trail');
  const places = [
    ...['logs-eu-central-1', 'logs-us-east-1'],
    ...['management-eu-central-1', 'management-us-east-1'],
  ];
  const statement = (place: string, sid: string): Statement | undefined =>
    stack.statements(`changes/${place}/operations/topic`).find((one) => one.sid === sid);

  test('are where rules are, and nowhere else', () => {
    expect(
      stack
        .ofType('aws_sns_topic')
        .map(({ path }) => path)
        .filter((path) => path.startsWith('changes/'))
        .toSorted(),
    ).toEqual(places.map((place) => `changes/${place}/operations/topic`));
  });

  test('take messages from rules, and not from alarms, which are all beside the detector', () => {
    for (const place of places) {
      expect(statement(place, 'RulesPublish')).toBeDefined();
      expect(statement(place, 'DenyWithoutTls')).toBeDefined();
      expect(statement(place, 'AlarmsPublish')).toBeUndefined();
    }
  });

  test('have keys of their own and tell the same people', () => {
    for (const place of places) {
      expect(stack.at(`changes/${place}/operations/topic`).values.kms_master_key_id).toBe(
        stack.at(`changes/${place}/operations/key/key`).ref('arn'),
      );
      expect(
        EMAILS.map((_, i) => stack.at(`changes/${place}/operations/email-${i}`).values.endpoint),
      ).toEqual(EMAILS);
    }
  });
});
