import { describe, expect, test } from '@jest/globals';
import type { Json, JsonObject } from '../../detector/rule.js';
import {
  allowsEveryoneOutsideOrganizations,
  isInternetOpen,
  isOpenArn,
  parsePolicy,
} from '../../rules/lib/iam-policy.js';

const statement = (parts: JsonObject = {}): JsonObject => ({ Effect: 'Allow', Principal: '*', ...parts });
const policy = (...statements: readonly Json[]): JsonObject => ({ Statement: statements });
const open = (parts: JsonObject): boolean => isInternetOpen(policy(statement(parts)));
const openUnder = (Condition: Json): boolean => open({ Condition });

describe('reading a policy', () => {
  test('takes an object as it is and reads JSON text', () => {
    expect(parsePolicy({ Statement: [] })).toEqual({ Statement: [] });
    expect(parsePolicy(' {"Statement": []} ')).toEqual({ Statement: [] });
  });

  test('gives nothing for anything else', () => {
    const texts = ['', 'no policy', '{"Statement": [', '[]', '"{}"', 'null'];
    const deep = ['['.repeat(200_000), '{"a":'.repeat(200_000)];
    for (const value of [undefined, null, 1, true, [{}], ...texts, ...deep]) {
      expect(parsePolicy(value)).toBeUndefined();
    }
  });
});

describe('statements', () => {
  test('one statement stands alone or in a list', () => {
    expect(isInternetOpen({ Statement: statement() })).toBe(true);
    expect(isInternetOpen(policy(statement()))).toBe(true);
  });

  test('one open statement is enough', () => {
    expect(
      isInternetOpen(policy(statement({ Effect: 'Deny' }), statement({ Principal: [] }), statement())),
    ).toBe(true);
  });

  test.each<[JsonObject]>([
    [{}],
    [{ Statement: null }],
    [{ Statement: [] }],
    [{ Statement: '*' }],
    [{ Statement: [null, 1, 'Allow', [statement()]] }],
    [{ statement: statement() }],
  ])('none is open in %j', (value) => {
    expect(isInternetOpen(value)).toBe(false);
    expect(allowsEveryoneOutsideOrganizations(value)).toBe(false);
  });

  test.each<[Json]>([['Deny'], ['allow'], [''], [null], [true], [['Allow']]])(
    'the effect %j does not open',
    (Effect) => {
      expect(open({ Effect })).toBe(false);
      expect(allowsEveryoneOutsideOrganizations(policy(statement({ Effect })))).toBe(false);
    },
  );
});

describe('principals', () => {
  const OTHER = 'arn:aws:iam::210987654321:root';

  test.each<[Json]>([
    ['*'],
    [['*']],
    [[OTHER, '*']],
    [{ AWS: '*' }],
    [{ AWS: [OTHER, '*'] }],
    [{ Service: '*' }],
    [{ Service: ['sns.amazonaws.com', '*'] }],
    [{ Federated: '*' }],
    [{ AWS: OTHER, Federated: ['*'] }],
  ])('%j is open, and everyone', (Principal) => {
    expect(open({ Principal })).toBe(true);
    expect(allowsEveryoneOutsideOrganizations(policy(statement({ Principal })))).toBe(true);
  });

  test.each<[Json]>([
    ...([[OTHER], [[OTHER]], [{ AWS: OTHER }], [{ Service: 'sns.amazonaws.com' }], [{}], [[]], [null]] as [
      Json,
    ][]),
    ...([[''], [0], [true], [{ CanonicalUser: '*' }], [{ aws: '*' }], [{ AWS: { AWS: '*' } }]] as [Json][]),
    ...([[{ AWS: [['*']] }], [[['*']]], [[{ AWS: '*' }]], [{ AWS: null }]] as [Json][]),
  ])('%j is closed', (Principal) => {
    expect(open({ Principal })).toBe(false);
    expect(allowsEveryoneOutsideOrganizations(policy(statement({ Principal })))).toBe(false);
  });

  test('a statement without principals is closed', () => {
    expect(isInternetOpen(policy({ Effect: 'Allow' }))).toBe(false);
  });

  test.each<[Json]>([[{ AWS: OTHER }], ['*'], [null], [[]]])(
    'NotPrincipal %j is open, but not everyone',
    (NotPrincipal) => {
      const value = policy({ Effect: 'Allow', NotPrincipal });
      expect(isInternetOpen(value)).toBe(true);
      expect(allowsEveryoneOutsideOrganizations(value)).toBe(false);
    },
  );

  test('a wildcard account is open, but not everyone', () => {
    const value = policy(statement({ Principal: { AWS: 'arn:aws:iam::*:root' } }));
    expect(isInternetOpen(value)).toBe(true);
    expect(allowsEveryoneOutsideOrganizations(value)).toBe(false);
  });
});

describe('ARNs', () => {
  test.each([
    ...[
      '*',
      'arn:aws:iam::*:root',
      'arn:aws:iam::*:role/x',
      'arn:aws-cn:iam::*:user/x',
      'arn:aws:sns:eu-west-1::topic',
    ],
    ...['arn:aws:iam::*:a:b:c', 'arn:::::x', 'arn:*:*:*:*:*', 'arn:aws:iam::*:\n', 'arn:aws:s3control::*:x'],
    ...['arn:aws:iam::*', 'arn:aws:iam::2109*:root', 'arn:aws:iam::*:', 'arn:aws:s3:::*'.replace('s3', 's4')],
    ...[
      'AROAEXAMPLE:*',
      '**',
      '2109*',
      '*.example.com',
      'a.b.*.amazonaws.com',
      'a.b.c*.amazonaws.com',
      '*.amazonaws.com.cn',
    ],
    ...['a.*.aws.internal', ' *', 'ARN:aws:iam::*:root', 'arn:aws:iam::Aws:*'],
  ])('%j is open', (text) => {
    expect(isOpenArn(text)).toBe(true);
  });

  test.each([
    ...[
      '',
      'arn:aws:iam::210987654321:root',
      'arn:aws:iam::210987654321:*',
      'arn:aws:s3:::*',
      'arn:aws:s3::*:x',
    ],
    ...[
      'arn:aws:s3:::example/*',
      'arn:aws:iam::cloudfront:user/*',
      'arn:aws:iam::aws:policy/*',
      'arn:aws:sns:eu-west-1::',
    ],
    ...['210987654321', '210987654321210987654321', '2109', 'arn:aws:iam::2109:root', 'nobody'],
    ...[
      'sns.amazonaws.com',
      'sns.eu-west-1.amazonaws.com',
      '*.amazonaws.com',
      '*.*.amazonaws.com',
      '*.amazon.com',
    ],
    ...['a.*.amazon.com', '*.aws.internal', '.amazonaws.com'],
  ])('%j is closed', (text) => {
    expect(isOpenArn(text)).toBe(false);
  });
});

describe('conditions', () => {
  const ARN = 'arn:aws:iam::210987654321:root';

  test.each<[string, Json, Json]>([
    ['aws:SourceArn', ARN, 'arn:aws:sns:eu-west-1:*:topic'],
    ['aws:PrincipalArn', ARN, '*'],
    ['aws:SourceOwner', '210987654321', '2109*'],
    ['aws:SourceAccount', 210987654321, '*'],
    ['aws:PrincipalAccount', '', '*1'],
    ['kms:CallerAccount', '210987654321', '*'],
    ['aws:PrincipalOrgID', 'o-example', 'o-*'],
    ['aws:PrincipalOrgPaths', 'o-example/*', 'o-*/r-root/ou-unit/*'],
    ['aws:userid', 'AROAEXAMPLE:*', 'AROAEXAMPLE'],
    ['aws:SourceIp', '192.0.2.0/24', '0.0.0.0/0'],
    ['aws:SourceVpc', 'vpc-0example', 'vpc-*'],
    ['aws:SourceVpce', 'vpce-0example', 'vpce-*'],
    ['SAML:aud', 'https://signin.example.com/saml', '*'],
  ])('%s limits by %j, not by %j', (key, closed, opened) => {
    for (const name of [key, key.toLowerCase(), key.toUpperCase()]) {
      expect(openUnder({ StringLike: { [name]: closed } })).toBe(false);
      expect(openUnder({ StringLike: { [name]: [closed] } })).toBe(false);
      expect(openUnder({ StringLike: { [name]: opened } })).toBe(true);
      expect(openUnder({ StringLike: { [name]: [closed, opened] } })).toBe(true);
    }
  });

  test('any open entry opens, whatever the others say', () => {
    const Condition = {
      StringEquals: { 'aws:SourceAccount': '210987654321', 'aws:SourceVpc': 'vpc-0example' },
      IpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '::/0'] },
    };
    expect(openUnder(Condition)).toBe(true);
    expect(openUnder({ ...Condition, IpAddress: { 'aws:SourceIp': ['192.0.2.0/24'] } })).toBe(false);
  });

  const OPERATORS = ['ArnEquals', 'ArnLike', 'StringEquals', 'StringLike', 'IpAddress'].flatMap((name) =>
    [name, `${name}IfExists`, `${name}IgnoreCase`, `${name}IgnoreCaseIfExists`].flatMap((operator) => [
      operator,
      `ForAllValues:${operator}`,
      `ForAnyValue:${operator}`,
    ]),
  );
  test.each(OPERATORS)('%s limits', (operator) => {
    for (const name of [operator, operator.toLowerCase(), operator.toUpperCase()]) {
      expect(openUnder({ [name]: { 'aws:SourceVpc': 'vpc-0example' } })).toBe(false);
    }
  });

  test.each([
    ...[
      'ArnNotEquals',
      'ArnNotLike',
      'StringNotEquals',
      'StringNotEqualsIgnoreCase',
      'StringNotLike',
      'NotIpAddress',
    ],
    ...['ForAllValues:StringNotLike', 'NumericEquals', 'DateGreaterThan', 'Bool', 'BinaryEquals', 'Null', ''],
    ...['ForEachValue:StringLike', ' StringLike', 'AnyStringLike'],
  ])('%j does not limit', (operator) => {
    expect(openUnder({ [operator]: { 'aws:SourceVpc': 'vpc-0example' } })).toBe(true);
  });

  test.each([
    'aws:Referer',
    'aws:SourceOrgID',
    's3:x-amz-acl',
    'SourceVpc',
    'aws:SourceVpc ',
    'constructor',
    '__proto__',
  ])('the key %j does not limit', (key) => {
    expect(openUnder({ StringEquals: { [key]: 'x' } })).toBe(true);
  });

  test.each<[Json]>([
    ...([[null], [{}], [[]], ['x'], [1], [{ StringEquals: null }], [{ StringEquals: 'aws:SourceVpc' }]] as [
      Json,
    ][]),
    ...([
      [{ StringEquals: ['aws:SourceVpc'] }],
      [{ StringEquals: { 'aws:SourceVpc': [] } }],
      [[{ a: 1 }]],
    ] as [Json][]),
  ])('%j does not limit', (Condition) => {
    expect(openUnder(Condition)).toBe(true);
  });

  test.each<[Json]>([[null], [5], [true], [{ a: '*' }], [['*']]])('the value %j is no wildcard', (value) => {
    expect(openUnder({ StringLike: { 'aws:SourceVpc': [value] } })).toBe(false);
  });

  test('a condition does not help a statement without principals', () => {
    expect(open({ Principal: [], Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } } })).toBe(false);
  });
});

describe('values of conditions', () => {
  const opensBy = (key: string, value: Json): boolean => openUnder({ StringLike: { [key]: value } });

  test.each<[string, boolean]>([
    ['', false],
    ['*', false],
    ['AROAEXAMPLE:*', false],
    ['AROAEXAMPLE', true],
    ['*:session', true],
    ['AROA*:*', true],
    ['**', true],
  ])('the user id %j: open is %p', (value, expected) => {
    expect(opensBy('aws:userid', value)).toBe(expected);
  });

  test.each<[string, boolean]>([
    ['0.0.0.0/0', true],
    ['::/0', true],
    ['10.0.0.0/0', true],
    ['/0', true],
    ['0.0.0.0/1', false],
    ['10.0.0.0/10', false],
    ['192.0.2.1', false],
    ['*', false],
    ['', false],
  ])('the network %j: open is %p', (value, expected) => {
    expect(opensBy('aws:SourceIp', value)).toBe(expected);
  });

  test.each<[string, boolean]>([
    ['o-*', true],
    ['o-*/*', true],
    ['o-*/r-root/ou-unit/*/', true],
    ['o-*/x', true],
    ['o-*/r-root/x', true],
    ['x/o-*', true],
    ['o-example/x/o-*', true],
    ['o-example/', false],
    ['o-example', false],
    ['o-exam*', false],
    ['o-**', false],
    ['o-example/r-o-*', false],
    ['o-example/r-root/ou-o-*', false],
    ['o-example/*/ou-unit//*', false],
    ['*', false],
    ['', false],
  ])('the organisation %j: open is %p', (value, expected) => {
    expect(opensBy('aws:PrincipalOrgPaths', value)).toBe(expected);
  });
});

describe('everyone outside organisations', () => {
  const everyoneUnder = (Condition: Json): boolean =>
    allowsEveryoneOutsideOrganizations(policy(statement({ Condition })));

  test.each([
    'aws:PrincipalOrgID',
    'AWS:SOURCEORGID',
    'aws:sourceOrgId',
    'aws:PrincipalOrgPaths',
    'x:principalorgid:y',
  ])('the key %s under any operator counts as an organisation', (key) => {
    for (const operator of [
      'StringEquals',
      'StringNotEquals',
      'ForAnyValue:StringLike',
      'Null',
      'anything',
    ]) {
      expect(everyoneUnder({ [operator]: { [key]: 'o-*' } })).toBe(false);
    }
  });

  test.each<[Json]>([
    ...([
      [null],
      ['aws:PrincipalOrgID'],
      [{ StringEquals: 'aws:PrincipalOrgID' }],
      [['aws:PrincipalOrgID']],
    ] as [Json][]),
    ...([
      [{ 'aws:PrincipalOrgID': 'o-example' }],
      [{ StringEquals: { 'aws:SourceVpc': 'principalorgid' } }],
    ] as [Json][]),
    ...([[{ StringEquals: { 'aws:SourceOrgPaths': 'o-example/*' } }]] as [Json][]),
  ])('%j names none', (Condition) => {
    expect(everyoneUnder(Condition)).toBe(true);
  });

  test('another statement without one is enough', () => {
    const limited = statement({ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-example' } } });
    expect(allowsEveryoneOutsideOrganizations(policy(limited, limited))).toBe(false);
    expect(allowsEveryoneOutsideOrganizations(policy(limited, statement()))).toBe(true);
  });
});

describe('hostile policies', () => {
  const judge = (value: JsonObject): readonly boolean[] => {
    const start = performance.now();
    const verdict = [isInternetOpen(value), allowsEveryoneOutsideOrganizations(value)];
    expect(performance.now() - start).toBeLessThan(2_000);
    return verdict;
  };

  test('a hundred thousand statements, principals and values', () => {
    const many = <T extends Json>(value: T): T[] => Array.from({ length: 100_000 }, () => value);
    expect(judge(policy(...many(statement({ Effect: 'Deny' }))))).toEqual([false, false]);
    expect(judge(policy(statement({ Principal: { AWS: many('arn:aws:iam::210987654321:root') } })))).toEqual([
      false,
      false,
    ]);
    const Condition = { StringLike: { 'aws:SourceVpc': many('vpc-0example') } };
    expect(judge(policy(statement({ Condition })))).toEqual([false, true]);
  });

  test.each([
    ['colons', ':'.repeat(1_000_000)],
    ['an ARN of colons', 'arn' + ':'.repeat(1_000_000)],
    ['digits', '2'.repeat(1_000_001)],
    ['labels', '*.'.repeat(500_000) + 'amazonaws.com'],
    ['one label', '*' + 'a'.repeat(1_000_000) + '.amazon.com.'],
    ['slashes', 'o-*' + '/'.repeat(1_000_000)],
  ])('a text of a million characters: %s', (_, text) => {
    const Condition = {
      StringLike: { 'aws:SourceArn': text, 'aws:PrincipalOrgPaths': text, 'aws:userid': text },
    };
    expect(judge(policy(statement({ Principal: text, Condition })))).toHaveLength(2);
  });

  test('a policy nested a hundred thousand deep', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as Json;
    expect(judge({ Statement: deep })).toEqual([false, false]);
    expect(judge(policy(statement({ Principal: deep })))).toEqual([false, false]);
    expect(judge(policy(statement({ Condition: { StringLike: { 'aws:SourceVpc': deep } } })))).toEqual([
      false,
      true,
    ]);
  });

  test('names of built-in properties are names like others', () => {
    const nested = '{"__proto__": {"Effect": "Allow"}, "Principal": "*", "constructor": 1}';
    const text = `{"__proto__": {"Statement": {"Effect": "Allow", "Principal": "*"}}, "Statement": ${nested}}`;
    expect(judge(parsePolicy(text) ?? {})).toEqual([false, false]);
  });
});
