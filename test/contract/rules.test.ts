import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createEngine } from '../../detector/engine/engine.js';
import { RuleProblemsError } from '../../detector/engine/problem.js';
import { logTypes } from '../../detector/logs/index.js';
import type { Rule, RuleTest } from '../../detector/rule.js';
import { rules } from '../../rules/index.js';
import { tests } from '../../rules/tests.js';

/** A rule with all that a check may look at. */
interface Entry {
  readonly rule: Rule;
  readonly tests: readonly RuleTest[];
  /** What the rule's file holds. */
  readonly text: string;
}

/** Enterprise ATT&CK: https://attack.mitre.org/tactics/enterprise/ */
const TACTICS = new Set([
  ...['TA0043', 'TA0042', 'TA0001', 'TA0002', 'TA0003', 'TA0004', 'TA0005', 'TA0006', 'TA0007', 'TA0008'],
  ...['TA0009', 'TA0010', 'TA0011', 'TA0040'],
]);
const LONGEST_NAME = 80;

/** What must hold for each rule, and what is said of one for which it does not. */
const CHECKS: Readonly<Record<string, (entry: Entry) => readonly (string | false)[]>> = {
  'its id begins with a log type of its own': ({ rule }) => [
    !rule.logTypes.some((logType) => rule.id.startsWith(`${logType}.`)) &&
      `the id begins with none of its log types (${rule.logTypes.join(', ')})`,
  ],
  'it has a test that fires and one that does not': (entry) =>
    [true, false].map(
      (matches) =>
        !entry.tests.some((each) => each.matches === matches) &&
        `none of its ${entry.tests.length} tests has matches: ${matches}`,
    ),
  'every log type has a test': ({ rule, tests: own }) =>
    rule.logTypes.map(
      (logType) =>
        !own.some((each) => (each.logType ?? rule.logTypes[0]) === logType && each.matches) &&
        `no test fires on ${logType}`,
    ),
  'its tests are told apart by name': ({ tests: own }) =>
    duplicates(own.map(({ name }) => name)).map((name) => `two tests are named "${name}"`),
  'its tests name log types and settings that it has': ({ rule, tests: own }) =>
    own.flatMap(({ name, logType, settings = {} }) => [
      logType !== undefined &&
        !rule.logTypes.includes(logType) &&
        `the test "${name}" is of ${logType}; the rule has ${rule.logTypes.join(', ')}`,
      ...Object.keys(settings)
        .filter((setting) => !Object.hasOwn(rule.settings ?? {}, setting))
        .map((setting) => `the test "${name}" sets "${setting}", which the rule does not declare`),
    ]),
  'its test events are what JSON can hold': ({ tests: own }) =>
    own.map(
      ({ name, event }) =>
        hasUndefined(event) && `the event of the test "${name}" holds something that is no JSON`,
    ),
  'its tests pin a title': ({ tests: own }) => [
    !own.some(({ title }) => title !== undefined) && 'no test says what the title is',
  ],
  'its ATT&CK ids are well formed, known tactics, each once': ({ rule }) => [
    ...rule.attack.map(
      (id) => !/^TA\d{4}:T\d{4}(?:\.\d{3})?$/.test(id) && `"${id}" is not like TA0007:T1201`,
    ),
    ...rule.attack.map((id) => !TACTICS.has(id.slice(0, 6)) && `"${id}" begins with no tactic of ATT&CK`),
    ...duplicates(rule.attack).map((id) => `"${id}" is listed twice`),
  ],
  'its settings are declared and used': (entry) => {
    const declared = Object.keys(entry.rule.settings ?? {});
    const used = settingsUsed(entry);
    return [
      ...declared
        .filter((name) => !used.has(name))
        .map((name) => `the setting "${name}" is declared, not used`),
      ...[...used]
        .filter((name) => !declared.includes(name))
        .map((name) => `the setting "${name}" is used, but only ${declared.join(', ') || 'none'} declared`),
    ];
  },
  'its name is a line without a final period': ({ rule: { name } }) => [
    name.endsWith('.') && `the name "${name}" ends with a period`,
    /[\n\r]/.test(name) && `the name "${name}" has more than one line`,
    name.length > LONGEST_NAME && `the name "${name}" has ${name.length} characters, at most ${LONGEST_NAME}`,
    /^[a-z]/.test(name) && !/^[a-z]+[A-Z0-9]/.test(name) && `the name "${name}" begins with a small letter`,
  ],
  'what it explains are whole sentences': ({ rule }) =>
    [
      ['description', rule.description] as const,
      ['runbook', rule.runbook] as const,
      ...rule.falsePositives.map((each) => ['false positive', each] as const),
      ...Object.values(rule.settings ?? {}).map(({ description }) => ['setting', description] as const),
    ].map(
      ([what, sentence]) =>
        !/[.?!)]$/.test(sentence) && `the ${what} "${sentence}" does not end with a period`,
    ),
  'it says what harmless activity looks the same': ({ rule }) => [
    rule.falsePositives.length === 0 && 'no false positive is named',
  ],
  'a rule that counts groups by something': ({ rule: { threshold = 1, dedup, title } }) => {
    const grouping = dedup ?? title;
    return [
      threshold > 1 &&
        (grouping === undefined || (typeof grouping === 'string' && !/(?<!\{)\{[^{]/.test(grouping))) &&
        `it counts to ${threshold}, but groups by ${JSON.stringify(grouping ?? 'its name')}, which is the same for all events`,
    ];
  },
  'a rule that counts different values counts to more than one': ({ rule: { threshold = 1, distinct } }) => [
    distinct !== undefined && threshold < 2 && `distinct is "${distinct}", but the threshold is ${threshold}`,
  ],
};

const breaches = (check: keyof typeof CHECKS, entries: readonly Entry[]): readonly string[] =>
  entries.flatMap((entry) =>
    CHECKS[check]!(entry)
      .filter((breach) => breach !== false)
      .map((breach) => `${entry.rule.id}: ${breach}`),
  );

const duplicates = (names: readonly string[]): readonly string[] => [
  ...new Set(names.filter((name, i) => names.indexOf(name) !== i)),
];

function settingsUsed({ rule, text }: Entry): ReadonlySet<string> {
  const inCode = [...text.matchAll(/\.setting\(\s*['"]([^'"]+)['"]/g)].map((found) => found[1]!);
  return new Set([...settingsIn({ ...rule, settings: undefined }), ...inCode]);
}

function settingsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const here = 'setting' in value && typeof value.setting === 'string' ? [value.setting] : [];
  return [...here, ...Object.values(value).flatMap(settingsIn)];
}

const hasUndefined = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).some(hasUndefined) ||
      ![null, Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value) as null)
    : !['string', 'number', 'boolean'].includes(typeof value) && value !== null;

/** The ids that the files below rules/ stand for. */
const files = ['aws', 'azure', 'gcp'].flatMap((cloud) =>
  readdirSync(`rules/${cloud}`, { recursive: true, encoding: 'utf8' })
    .map((path) => `rules/${cloud}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts')),
);
const idOf = (file: string): string => file.slice('rules/'.length, -'.ts'.length).replaceAll('/', '.');
const fileOf = (id: string): string => `rules/${id.replaceAll('.', '/')}.ts`;

const entries: readonly Entry[] = rules
  .filter((rule) => files.includes(fileOf(rule.id)))
  .map((rule) => ({
    rule,
    tests: tests[rule.id] ?? [],
    text: readFileSync(fileOf(rule.id), 'utf8'),
  }));

describe('the index', () => {
  const ids = rules.map(({ id }) => id);

  test('has a rule for every file, under the id that its path says', () => {
    expect(files).not.toEqual([]);
    expect(files.filter((file) => !ids.includes(idOf(file)))).toEqual([]);
  });

  test('has a file for every rule', () => {
    expect(ids.filter((id) => !files.includes(fileOf(id)))).toEqual([]);
  });

  test('has the tests of every rule, and of nothing else', () => {
    expect(Object.keys(tests).sort()).toEqual(files.map(idOf).sort());
  });

  test('names each rule once, and no two rules alike', () => {
    expect(duplicates(ids)).toEqual([]);
    expect(duplicates(rules.map(({ name }) => name.toLowerCase()))).toEqual([]);
  });

  test('is what its generator writes', () => {
    const run = spawnSync(process.execPath, ['scripts/rules-index.mjs', '--check'], { encoding: 'utf8' });

    expect(run.stderr).not.toContain('stale');
    expect(run.status).toBe(0);
  });
});

test('#29 every rule compiles without a problem', () => {
  let problems: RuleProblemsError['problems'] = [];
  try {
    const engine = createEngine(
      rules.map((rule) => ({ rule, reviewed: true })),
      logTypes,
      { includeDisabled: true },
    );
    expect(engine.rules).toHaveLength(rules.length);
  } catch (error) {
    if (!(error instanceof RuleProblemsError)) throw error;
    problems = error.problems;
  }

  expect(problems).toEqual([]);
});

describe('for every rule', () => {
  test.each(Object.keys(CHECKS))('%s', (check) => {
    expect(breaches(check, entries)).toEqual([]);
  });
});

describe('a breach is found', () => {
  const sound: Rule = {
    id: 'aws.cloudtrail.sound',
    logTypes: ['aws.cloudtrail'],
    name: 'Sound',
    description: 'A rule that passes.',
    severity: 'low',
    attack: ['TA0007:T1201'],
    falsePositives: ['None that is known.'],
    runbook: 'Nothing.',
    match: { a: { is: { setting: 'names' } } },
    settings: { names: { description: 'Names.', default: [] } },
  };
  const own: readonly RuleTest[] = [
    { name: 'fires', event: { a: 1 }, matches: true, title: 'Sound' },
    { name: 'does not', event: {}, matches: false },
  ];
  const all = (entry: Partial<Entry>): readonly string[] =>
    Object.keys(CHECKS).flatMap((check) =>
      breaches(check, [{ rule: sound, tests: own, text: '', ...entry }]),
    );

  test('but not in a sound rule', () => {
    expect(all({})).toEqual([]);
  });

  test.each<[Partial<Rule>, string]>([
    [{ id: 'gcp.audit.sound' }, 'the id begins with none of its log types (aws.cloudtrail)'],
    [{ logTypes: ['aws.cloudtrail', 'gcp.audit'] }, 'no test fires on gcp.audit'],
    [{ attack: ['TA0007'] }, '"TA0007" is not like TA0007:T1201'],
    [{ attack: ['TA0099:T1201'] }, '"TA0099:T1201" begins with no tactic of ATT&CK'],
    [{ attack: ['TA0007:T1201', 'TA0007:T1201'] }, '"TA0007:T1201" is listed twice'],
    [{ match: { a: 1 } }, 'the setting "names" is declared, not used'],
    [
      { match: { any: [{ a: { is: { setting: 'names' } } }, { any: { setting: 'more' } }] } },
      'the setting "more" is used, but only names declared',
    ],
    [{ name: 'Sound.' }, 'the name "Sound." ends with a period'],
    [{ name: 'sound' }, 'the name "sound" begins with a small letter'],
    [{ name: 'S'.repeat(81) }, `the name "${'S'.repeat(81)}" has 81 characters, at most 80`],
    [{ description: 'No period' }, 'the description "No period" does not end with a period'],
    [{ runbook: 'No period' }, 'the runbook "No period" does not end with a period'],
    [{ falsePositives: [] }, 'no false positive is named'],
    [{ threshold: 5 }, 'it counts to 5, but groups by "its name", which is the same for all events'],
    [
      { threshold: 5, title: 'Many {{}}' },
      'it counts to 5, but groups by "Many {{}}", which is the same for all events',
    ],
    [{ distinct: 'a' }, 'distinct is "a", but the threshold is 1'],
  ])('in %j', (parts, breach) => {
    expect(all({ rule: { ...sound, ...parts } })).toEqual([`${parts.id ?? sound.id}: ${breach}`]);
  });

  test.each<[string, readonly RuleTest[], readonly string[]]>([
    [
      'without a test',
      [],
      [
        'none of its 0 tests has matches: true',
        'none of its 0 tests has matches: false',
        'no test fires on aws.cloudtrail',
        'no test says what the title is',
      ],
    ],
    ['without a test that does not fire', [own[0]!], ['none of its 1 tests has matches: false']],
    ['with two tests of one name', [...own, own[1]!], ['two tests are named "does not"']],
    [
      'with a test of a foreign log type',
      [...own, { ...own[1]!, name: 'x', logType: 'gcp.audit' }],
      ['the test "x" is of gcp.audit; the rule has aws.cloudtrail'],
    ],
    [
      'with a test of a foreign setting',
      [...own, { ...own[1]!, name: 'x', settings: { no: 1 } }],
      ['the test "x" sets "no", which the rule does not declare'],
    ],
    [
      'with an event that is no JSON',
      [...own, { ...own[1]!, name: 'x', event: { a: new Date(0) as never } }],
      ['the event of the test "x" holds something that is no JSON'],
    ],
  ])('in a rule %s', (_, list, expected) => {
    expect(all({ tests: list })).toEqual(expected.map((breach) => `${sound.id}: ${breach}`));
  });

  test('but not in a rule whose code uses the setting', () => {
    expect(all({ rule: { ...sound, match: { a: 1 } }, text: "event.setting('names')" })).toEqual([]);
  });
});
