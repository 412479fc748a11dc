import { describe, expect, test } from '@jest/globals';
import type { PolicyStatement } from '../../src/config/aws/statement.js';
import { allows, type Asked } from '../support/iam-policy.js';

const judged = (statement: Partial<PolicyStatement>, asked: Partial<Asked>): boolean =>
  allows(
    [
      {
        Version: '2012-10-17',
        Statement: [{ Sid: 'One', Effect: 'Allow', Action: 'sqs:CreateQueue', Resource: '*', ...statement }],
      },
    ],
    { action: 'sqs:CreateQueue', resource: 'arn:aws:sqs:::one', context: {}, ...asked },
  );

describe('policies are judged as IAM does', () => {
  test.each<[string, Partial<PolicyStatement>, Partial<Asked>, boolean]>([
    ['another action', {}, { action: 'sqs:DeleteQueue' }, false],
    ['a denial allows nothing', { Effect: 'Deny' }, {}, false],
    ['the resource', { Resource: ['arn:aws:sqs:::two', 'arn:aws:sqs:::one'] }, {}, true],
    ['another resource', { Resource: 'arn:aws:sqs:::one-more' }, {}, false],
    ['a beginning', { Resource: 'arn:aws:sqs:::o*' }, {}, true],
    ['dots are no wildcards', { Resource: 'arn:aws:sqs:::o.e' }, {}, false],
    ['one character each', { Resource: 'arn:aws:sqs:::???' }, {}, true],
    ['too few', { Resource: 'arn:aws:sqs:::??' }, {}, false],
    ['none named, where one is wanted', { Resource: 'arn:aws:sqs:::one' }, { resource: '' }, false],
  ])('%s', (_, statement, asked, allowed) => {
    expect(judged(statement, asked)).toBe(allowed);
  });

  const key = 'aws:TagKeys';
  test.each<[string, readonly string[], readonly string[] | undefined, boolean]>([
    ['StringEquals', ['a', 'b'], ['b'], true],
    ['StringEquals', ['a'], ['A'], false],
    ['StringEquals', ['a'], undefined, false],
    ['StringEqualsIfExists', ['a'], undefined, true],
    ['StringEqualsIfExists', ['a'], ['b'], false],
    ['StringLike', ['a*'], ['abc'], true],
    ['ArnEquals', ['arn:aws:sns:*:1:x'], ['arn:aws:sns:eu:1:x'], true],
    ['Bool', ['true'], ['false'], false],
    ['NumericGreaterThanEquals', ['30'], ['30'], true],
    ['NumericGreaterThanEquals', ['30'], ['7'], false],
    ['ForAllValues:StringLike', ['a*'], ['ab', 'ac'], true],
    ['ForAllValues:StringLike', ['a*'], ['ab', 'b'], false],
    ['ForAllValues:StringLike', ['a*'], [], true],
    ['ForAllValues:StringLike', ['a*'], undefined, true],
    ['ForAllValues:StringNotEquals', ['a', 'b'], ['c'], true],
    ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'b'], false],
  ])('%s %j, seen %j: %s', (operator, wanted, seen, holds) => {
    const context = seen === undefined ? {} : { [key]: seen };

    expect(judged({ Condition: { [operator]: { [key]: wanted } } }, { context })).toBe(holds);
  });

  test('an operator that is not known here is an error', () => {
    expect(() =>
      judged(
        { Condition: { IpAddress: { 'aws:SourceIp': '::1' } } },
        { context: { 'aws:SourceIp': ['::1'] } },
      ),
    ).toThrow('IpAddress');
  });
});
