/**
 * Mistakes that must not compile: `tsc` fails where one of the marks below is not needed any more. No test runs this.
 */
import { defineRule, type Match, type Rule, type RuleTest } from '../../../detector/rule.js';

const sound = {
  id: 'aws.cloudtrail.types',
  logTypes: ['aws.cloudtrail'],
  name: 'Types',
  description: 'A rule that only has to compile.',
  severity: 'low',
  attack: [],
  falsePositives: [],
  runbook: 'Nothing.',
  match: { eventName: 'X' },
} as const satisfies Rule;

export const rightMatches: readonly Match[] = [
  'succeeded',
  { eventName: ['A', 'B'], readOnly: false, 'requestParameters.count': { gt: 5 } },
  {
    all: [
      'failed',
      { any: [{ a: 1 }, { not: { b: { some: { c: { is: { field: 'd', prefix: 'x' } } } } } }] },
    ],
  },
  { any: { setting: 'allowed' } },
  { a: { is: { setting: 'names' }, ignoreCase: true, not: { cidr: ['10.0.0.0/8'] } } },
  { a: { type: 'text', any: ['x', { absent: true }] } },
];

export const wrongMatches: readonly Match[] = [
  // @ts-expect-error -- no such condition
  'suceeded',
  // @ts-expect-error -- no such operator
  { a: { prefx: 'x' } },
  // @ts-expect-error -- null is `{ absent: true }`
  { a: null },
  // @ts-expect-error -- nothing to compare with
  { a: undefined },
  // @ts-expect-error -- an operand is no object
  { a: { is: { value: 1 } } },
  // @ts-expect-error -- texts only
  { a: { prefix: 5 } },
  // @ts-expect-error -- a number
  { a: { gt: 'five' } },
  // @ts-expect-error -- no bigint: JSON has none
  { a: { gt: 9007199254740993n } },
  // @ts-expect-error -- a pattern is a text
  { a: { regex: /x/ } },
  // @ts-expect-error -- no such class of addresses
  { a: { ip: 'external' } },
  // @ts-expect-error -- networks do not come from an event
  { a: { cidr: { field: 'b' } } },
  // @ts-expect-error -- true or false
  { a: { absent: 'yes' } },
  // @ts-expect-error -- no such JSON type
  { a: { type: 'string' } },
  // @ts-expect-error -- a list of matches
  { all: { a: 1 } },
  // @ts-expect-error -- one test, not a list of them
  { a: [{ prefix: 'x' }] },
  // @ts-expect-error -- a match inside of some
  { a: { some: 5 } },
  // @ts-expect-error -- a reference names a field
  { a: { is: { prefix: 'x' } } },
];

export const wrongRules: readonly Rule[] = [
  // @ts-expect-error -- no such severity
  defineRule({ ...sound, severity: 'severe' }),
  // @ts-expect-error -- no such log type
  defineRule({ ...sound, logTypes: ['aws.cloudtrial'] }),
  // @ts-expect-error -- an unknown name
  defineRule({ ...sound, dedupe: '{a}' }),
  // @ts-expect-error -- a case with an unknown severity
  defineRule({ ...sound, severityBy: [{ value: 'severe' }] }),
  // @ts-expect-error -- a function that gives no severity
  defineRule({ ...sound, severityBy: () => 'severe' }),
  // @ts-expect-error -- when says yes or no
  defineRule({ ...sound, when: () => 'yes' }),
  // @ts-expect-error -- when does not wait
  defineRule({ ...sound, when: async () => true }),
  // @ts-expect-error -- a title is a text
  defineRule({ ...sound, title: () => undefined }),
  // @ts-expect-error -- a context is JSON
  defineRule({ ...sound, context: () => ({ at: new Date(0) }) }),
  // @ts-expect-error -- no such level
  defineRule({ ...sound, needs: [{ what: 'x', level: 'must' }] }),
  // @ts-expect-error -- a setting has a description
  defineRule({ ...sound, settings: { a: { default: 1 } } }),
  // @ts-expect-error -- no match
  defineRule({ ...sound, match: undefined }),
];

export const wrongTests: readonly RuleTest[] = [
  // @ts-expect-error -- whether it matches is missing
  { name: 'x', event: {} },
  // @ts-expect-error -- an event is JSON
  { name: 'x', event: { at: new Date(0) }, matches: true },
  // @ts-expect-error -- no such severity
  { name: 'x', event: {}, matches: true, severity: 'severe' },
];
