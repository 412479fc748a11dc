import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isInternetAddress } from '../../../detector/destinations/address-guard.js';
import { outcomeOfStatus, retryAfterMs } from '../../../detector/destinations/classify.js';
import { safeResponse } from '../../../detector/destinations/redact.js';
import {
  jsonLine,
  oneLine,
  safeLink,
  severalLines,
  slackEscape,
} from '../../../detector/destinations/text.js';
import { HIDDEN_IN_JSON } from './contract.js';
import { HOSTILE_TEXT, NOW } from './messages.js';

describe('hostile text', () => {
  test('loses what acts on terminals and readers', () => {
    expect(oneLine('a\u001b[31mb\u009bc\u202ed\u200be\u0000f\ud800g\u{e0041}h', 100)).toBe(
      'a[31mbcdef\ufffdgh',
    );
  });

  test('becomes one line, or keeps its lines', () => {
    expect(oneLine('  a\r\n\tb\u2028c ', 100)).toBe('a bc');
    expect(severalLines('a\r\nb\n\n\n\nc\n', 100)).toBe('a\nb\n\nc');
  });

  test('is cut at code points and stays within its length', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 10, max: 60 }),
        (text, most) => {
          const cut = oneLine(text, most);
          expect(cut.length).toBeLessThanOrEqual(most);
          expect(cut).not.toMatch(/\p{Surrogate}/u);
        },
      ),
    );
  });

  test('a megabyte of hidden characters takes no time', () => {
    expect(oneLine(`${'\u200b'.repeat(1_000_000)}end`, 100)).toBe('');
  });

  test('is no markup in Slack', () => {
    expect(slackEscape('<!channel> & <https://x|y>')).toBe('&lt;!channel&gt; &amp; &lt;https://x|y&gt;');
  });

  test('stays whole in JSON, and inert', () => {
    const value = { [HOSTILE_TEXT]: [HOSTILE_TEXT, { '\udfff': '\u0085' }] };

    const line = jsonLine(value);

    expect(line).not.toMatch(HIDDEN_IN_JSON);
    expect(JSON.parse(line)).toEqual(
      JSON.parse(JSON.stringify(value).replace(/\\u0000|\\ud800|\\udfff/g, '\ufffd')),
    );
  });

  test('keeps __proto__ as a name like any other', () => {
    expect(jsonLine(JSON.parse('{"a":{"__proto__":{"b":1}}}'))).toBe('{"a":{"__proto__":{"b":1}}}');
  });
});

describe('links', () => {
  test.each([
    ['https://attack.mitre.org/techniques/T1078/', 'https://attack.mitre.org/techniques/T1078/'],
    ['https://a.example/x|<!channel>)', 'https://a.example/x%7C%3C!channel%3E%29'],
    ['http://a.example/', undefined],
    ['javascript:alert(1)', undefined],
    ['https://user:pass@a.example/', undefined],
    [`https://a.example/${'x'.repeat(3000)}`, undefined],
    ['nonsense', undefined],
  ])('%s', (text, link) => {
    expect(safeLink(text)).toBe(link);
  });
});

describe('answers in errors', () => {
  const secret = 'https://hooks.example/services/T000/B000/XyZsecretXyZsecret?key=alsoSecret1';

  test.each([
    secret,
    'POST /services/T000/B000/XyZsecretXyZsecret?key=alsoSecret1',
    'unknown hook XyZsecretXyZsecret',
    'bad key alsoSecret1',
    'XyZ\u200bsecretXyZ\u0000secret',
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ])('hold no form of a secret: %j', (text) => {
    const shown = safeResponse(text, [secret]);

    expect(shown).toContain('[secret]');
    expect(shown).not.toMatch(/XyZsecret|alsoSecret/);
  });

  test('hold no beginning of a secret where the answer was cut', () => {
    const shown = safeResponse(`${'token-0123456789 '.repeat(20)}token-01234567`, ['token-0123456789'], true);

    expect(shown).not.toContain('token');
  });

  test('have at most 500 characters', () => {
    expect(safeResponse('x'.repeat(70_000), [])).toHaveLength(500);
  });
});

describe('outcomes', () => {
  test.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [301, 'permanent'],
    [304, 'permanent'],
    [400, 'permanent'],
    [407, 'permanent'],
    [408, 'retry'],
    [410, 'permanent'],
    [425, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [599, 'retry'],
  ])('status %d: %s', (status, outcome) => {
    expect(outcomeOfStatus(status)).toBe(outcome);
  });

  test.each([
    ['120', 120_000],
    ['0', 1000],
    ['999999999999', 3_600_000],
    ['Mon, 02 Mar 2026 12:00:30 GMT', 30_000],
    ['Monday, 02-Mar-26 12:00:30 GMT', 30_000],
    ['Mon Mar  2 12:00:30 2026', 30_000],
    ['Mon, 02 Mar 2020 12:00:00 GMT', 1000],
    ['-5', undefined],
    ['1.5', undefined],
    ['2026-03-02', undefined],
    ['Monkey', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('Retry-After %j', (header, wait) => {
    expect(retryAfterMs(header, NOW)).toBe(wait);
  });
});

describe('addresses', () => {
  test.each([
    ['8.8.8.8', true],
    ['2606:4700:4700::1111', true],
    ['::ffff:8.8.8.8', true],
    ['64:ff9b::808:808', true],
    ['2002:808:808::1', true],
    ['64:ff9b:1::808:808', false],
    ['::808:808', false],
    ['::ffff:0:808:808', false],
    ['fec0::1', false],
    ['ff0e::1', false],
    ['3fff::1', false],
    ['2001:db8::1', false],
    ['255.255.255.255', false],
    ['239.1.1.1', false],
    ['198.18.0.1', false],
    ['010.0.0.1', false],
    ['localhost', false],
    ['', false],
  ])('%s', (address, allowed) => {
    expect(isInternetAddress(address)).toBe(allowed);
  });
});
