import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadConfig, parseConfig } from '../../src/config/load.js';
import { UsageError } from '../../src/errors.js';
import { folderWith } from '../support/cli.js';

/** The lines of the message that name a mistake. */
function mistakesIn(text: string): string[] {
  try {
    parseConfig(text, 'tocsin.yaml');
  } catch (error) {
    if (error instanceof UsageError)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  test.each(['', '# nothing yet\n', '{}', '---\n'])('%j means the defaults', (text) => {
    expect(parseConfig(text, 'tocsin.yaml')).toMatchObject({
      sources: [],
      rules: { settings: {} },
      limits: { maxRecordBytes: 16 * 1024 * 1024 },
    });
  });

  test('says all that it can', () => {
    const config = parseConfig(
      [
        'sources:',
        '  - name: org-trail',
        '    prefixes: { AWSLogs/: aws.cloudtrail }',
        '    exclude: ["*CloudTrail-Digest*"]',
        'rules:',
        '  folder: rules',
        '  settings: { some.rule: { names: [a, b] } }',
        'limits: { maxRecordBytes: 1048576 }',
      ].join('\n'),
      'tocsin.yaml',
    );

    expect(config).toMatchObject({
      sources: [
        {
          name: 'org-trail',
          prefixes: { 'AWSLogs/': 'aws.cloudtrail' },
          exclude: ['*CloudTrail-Digest*'],
        },
      ],
      rules: { folder: 'rules', settings: { 'some.rule': { names: ['a', 'b'] } } },
      limits: { maxRecordBytes: 1_048_576 },
    });
  });

  test('lists every mistake at once: line, path, the value seen, what was expected', () => {
    const mistakes = mistakesIn(
      [
        'sources:',
        '  - name: My Source',
        '    prefixes:',
        '      AWSLogs/: aws.cloudtail',
        '    exclud: []',
        'limits:',
        '  maxRecordBytes: 12',
        'sorces: []',
      ].join('\n'),
    );

    expect(mistakes).toEqual([
      'line 2: sources.0.name: "My Source" does not fit: expected lower-case words joined by hyphens',
      expect.stringMatching(
        /^line 4: sources\.0\.prefixes\.AWSLogs\/: "aws\.cloudtail" does not fit: .*"gcp\.audit"/,
      ),
      'line 5: sources.0.exclud: there is no such key; expected name, prefixes, exclude, directory, silentAfter or aws',
      expect.stringMatching(/^line 7: limits\.maxRecordBytes: 12 does not fit: .*1024/),
      'line 8: sorces: there is no such key; expected installation, sources, rules, alerts, destinations, state, serve, limits or aws',
    ]);
  });

  test('names the place of something that is missing', () => {
    expect(mistakesIn('rules: {}\nsources:\n  - prefixes: {}\n')).toEqual([
      expect.stringMatching(/^line 3: sources\.0\.name: it is missing/),
    ]);
  });

  test.each([
    ['- a', /^line 1: the file: \["a"\] does not fit: expected keys with values$/],
    ['just text', /^line 1: the file: "just text" does not fit/],
    ['a: [1\nb: 2\n', /^line 2: /],
    ['limits: {}\nlimits: {}\n', /^line 2: .*unique/],
    ['---\nlimits: {}\n---\nlimits: {}\n', /^line 3: a second document/],
    [
      'limits: { maxRecordBytes: "16 MiB" }',
      /^line 1: limits\.maxRecordBytes: "16 MiB" does not fit: .*number/,
    ],
    ['limits: { maxRecordBytes: .nan }', /^line 1: limits\.maxRecordBytes: NaN does not fit/],
    ['limits: { maxRecordBytes: 1e12 }', /^line 1: limits\.maxRecordBytes: 1000000000000 does not fit/],
    ['__proto__: { a: 1 }', /^line 1: __proto__: there is no such key/],
    ['constructor: 1', /^line 1: constructor: there is no such key/],
    ['sources: *nowhere', /^line 1: /],
    ['? [a]\n: b\n', /^line 1: /],
  ])('%j is refused in one sentence', (text, mistake) => {
    expect(mistakesIn(text)).toEqual([expect.stringMatching(mistake)]);
  });

  test('a few aliases that stand for millions of values are refused', () => {
    const layer = (name: string, below: string): string => `${name}: &${name} [${`*${below},`.repeat(9)}]`;
    const text = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      layer('b', 'a'),
      layer('c', 'b'),
      layer('d', 'c'),
      layer('e', 'd'),
    ];

    expect(mistakesIn(text.join('\n'))).toEqual([
      expect.stringMatching(/^line 1: the aliases cannot be resolved/),
    ]);
  });

  test('one prefix of two sources has one log type', () => {
    const source = (name: string, logType: string): string =>
      `  - { name: ${name}, prefixes: { AWSLogs/: ${logType} } }`;

    expect(
      mistakesIn(['sources:', source('a', 'aws.cloudtrail'), source('b', 'aws.cloudtrail')].join('\n')),
    ).toEqual([]);
    expect(
      mistakesIn(['sources:', source('a', 'aws.cloudtrail'), source('b', 'gcp.audit')].join('\n')),
    ).toEqual([
      'line 3: sources.1.prefixes.AWSLogs/: "gcp.audit" does not fit: another source says that this prefix holds aws.cloudtrail',
    ]);
  });

  test('repeats no secret that stands where its reference belongs', () => {
    const mistakes = mistakesIn(
      [
        'destinations:',
        '  oncall: { type: pagerduty, routingKey: hunter2 }',
        '  siem:',
        '    type: webhook',
        '    url: https://me:hunter2@siem.example.com/',
        '    headers: { authorization: hunter2 }',
        '    signingSecrets: hunter2',
        '    timeoutSeconds: 99',
        '  chat: { type: slak, token: hunter2 }',
        '  team: [hunter2]',
      ].join('\n'),
    );

    expect(mistakes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^line 2: destinations\.oncall\.routingKey: this does not fit: .*env:NAME/),
        expect.stringMatching(/^line 8: destinations\.siem\.timeoutSeconds: 99 does not fit: /),
        expect.stringMatching(/^line 9: destinations\.chat\.type: "slak" does not fit: /),
      ]),
    );
    expect(mistakes.join('\n')).not.toContain('hunter2');
  });

  test('brings no property to objects that have none', () => {
    mistakesIn('rules: { settings: { __proto__: { polluted: 1 } } }');

    expect({}).not.toHaveProperty('polluted');
  });
});

describe('loading it', () => {
  const folder = folderWith({});

  test('without a file of the usual name the defaults hold', async () => {
    await expect(loadConfig(folder)).resolves.toMatchObject({ sources: [] });
  });

  test('a file that was named must be there', async () => {
    await expect(loadConfig(folder, 'other.yaml')).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining(join(folder, 'other.yaml')),
    });
  });

  test('a folder is no file', async () => {
    await expect(loadConfig(folder, '.')).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
  });

  test('a byte order mark in front does no harm', async () => {
    writeFileSync(join(folder, 'bom.yaml'), '\ufefflimits: { maxRecordBytes: 2048 }\n');

    await expect(loadConfig(folder, 'bom.yaml')).resolves.toMatchObject({
      file: join(folder, 'bom.yaml'),
      limits: { maxRecordBytes: 2048 },
    });
  });
});
