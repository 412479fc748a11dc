import { describe, expect, test } from '@jest/globals';
import { detectorPolicyCharacters, MOST_INLINE_CHARACTERS } from '../../../src/config/aws/detector-grants.js';
import { topologyOf } from '../../../src/config/aws/of-config.js';
import type { AwsTopology } from '../../../src/config/aws/topology.js';
import { CONFIG } from '../../../src/config/schema.js';
import { stackBreaches } from '../../support/stack-rules.js';
import { oneAccount } from '../configs.js';
import { synthesized } from '../synth.js';

const DETECTOR = '111111111111';
const HOME = { main: { id: DETECTOR, region: 'eu-central-1' } };
const name = (i: number): string => `cloudtrail-of-production-${i}`;

/** Sources in the detector's account and in those of their own, by turns. */
const withSources = (count: number, detector: object = {}) => {
  const indexes = Array.from({ length: count }, (_, i) => i);
  const others = indexes.map((i) => [`logs-${i}`, { id: String(2e11 + i), region: 'eu-central-1' }] as const);
  return oneAccount({
    aws: {
      accounts: { ...HOME, ...Object.fromEntries(others) },
      detector: { account: 'main', ...detector },
    },
    more: indexes.map((i) => ({ name: name(i), aws: { account: i % 2 === 0 ? 'main' : `logs-${i}` } })),
  });
};

const topology = (config: object): AwsTopology => {
  const found = topologyOf(CONFIG.parse(config));
  if (found === undefined) throw new Error('There is no topology.');
  return found;
};

const isLike = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.split('*').join('.*')}$`).test(text);

describe('the role of a detector of more sources than its policy has room to name', () => {
  const config = withSources(50);
  const stack = synthesized(config).stack('detector');
  const resources = (sid: string): readonly string[] => stack.statement('role/policy', sid).resources ?? [];

  test('has a policy that IAM takes', () => {
    expect(detectorPolicyCharacters(topology(config))).toBeLessThanOrEqual(MOST_INLINE_CHARACTERS);
    expect(JSON.stringify(stack.statements('role/policy')).length).toBeLessThan(MOST_INLINE_CHARACTERS);
  });

  test('names queues and readers by the patterns of their names, in the accounts of the sources alone', () => {
    const others = Array.from({ length: 25 }, (_, i) => String(2e11 + 2 * i + 1));

    expect(resources('ConsumeQueues')).toEqual([`arn:aws:sqs:eu-central-1:${DETECTOR}:tocsin-acme-*`]);
    expect(resources('CountDeadLetters')).toEqual([
      `arn:aws:sqs:eu-central-1:${DETECTOR}:tocsin-acme-*-dead-letters`,
    ]);
    expect(resources('TakeReaders')).toEqual(
      [DETECTOR, ...others].map((id) => `arn:aws:iam::${id}:role/tocsin-acme-*-reader`),
    );
  });

  test('reaches every source', () => {
    for (const { queue, deadLetters, reader } of topology(config).sources) {
      expect(resources('ConsumeQueues').some((one) => isLike(one, queue.arn))).toBe(true);
      expect(resources('CountDeadLetters').some((one) => isLike(one, deadLetters.arn))).toBe(true);
      expect(resources('TakeReaders').some((one) => isLike(one, reader.arn))).toBe(true);
    }
  });

  test('leaves dead letters where they are', () => {
    expect(stack.statement('role/policy', 'LeaveDeadLetters')).toEqual({
      ...{ sid: 'LeaveDeadLetters', effect: 'Deny' },
      actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
      resources: resources('CountDeadLetters'),
    });
  });

  test('keeps the rules of the house, and the addresses', () => {
    const few = synthesized(withSources(2)).stack('detector');
    const paths = (of: typeof few) =>
      of.resources.filter(({ path }) => path.startsWith('role/')).map(({ path }) => path);

    expect(stackBreaches(stack)).toEqual([]);
    expect(paths(stack)).toEqual(paths(few));
  });
});

describe('how long the policy of the role is', () => {
  test('decides: everything is named as long as there is room', () => {
    const lengths = Array.from({ length: 50 }, (_, i) => detectorPolicyCharacters(topology(withSources(i))));
    const first = lengths.findIndex((length, i) => length < (lengths[i - 1] ?? 0));

    expect(first).toBeGreaterThan(30);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(MOST_INLINE_CHARACTERS);
    expect(lengths[first - 1]).toBeGreaterThan(MOST_INLINE_CHARACTERS - 300);
  });

  test('has room for a hundred accounts; more than there is room for are refused', () => {
    expect(detectorPolicyCharacters(topology(withSources(200)))).toBeLessThanOrEqual(MOST_INLINE_CHARACTERS);
    expect(() => topology(withSources(400))).toThrow('in too many accounts for one detector');
  });

  test('counts what is written', () => {
    const config = oneAccount({
      config: {
        destinations: { chat: { type: 'slack', token: 'secret:slack-token', channel: '#alerts' } },
        alerts: { default: ['chat'] },
      },
    });
    const stack = synthesized(config).stack('detector');
    const known: Readonly<Record<string, string>> = {
      [stack.at('state/table').ref('arn')]:
        `arn:aws:dynamodb:eu-central-1:${DETECTOR}:table/tocsin-acme-state`,
      [stack.at('key/key').ref('arn')]: `arn:aws:kms:eu-central-1:${DETECTOR}:key/${'0'.repeat(36)}`,
      [stack.at('secrets/slack-token').ref('arn')]:
        `arn:aws:secretsmanager:eu-central-1:${DETECTOR}:secret:${String(stack.at('secrets/slack-token').values.name)}-AbCdEf`,
    };
    const short = (texts: readonly string[]) => (texts.length === 1 ? texts[0] : texts);
    const written = stack.statements('role/policy').map(({ sid, effect, conditions, ...one }) => ({
      ...{ Sid: sid, Effect: effect, Action: short(one.actions), Resource: short(one.resources ?? []) },
      ...(conditions === undefined
        ? {}
        : { Condition: { StringEquals: { 'kms:ViaService': conditions['StringEquals kms:ViaService'] } } }),
    }));
    const text = Object.entries(known).reduce(
      (all, [reference, arn]) => all.replaceAll(reference, arn),
      JSON.stringify({ Version: '2012-10-17', Statement: written }),
    );

    expect(detectorPolicyCharacters(topology(config))).toBe(text.length);
  });
});
