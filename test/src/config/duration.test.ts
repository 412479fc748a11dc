import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../../../src/errors.js';
import { parseConfig } from '../../../src/config/load.js';

const configOf = (silentAfter: string): string =>
  `sources: [{ name: trail, directory: logs, silentAfter: ${silentAfter} }]`;

function mistakeIn(text: string): string {
  try {
    parseConfig(text, 'tocsin.yaml');
    return '';
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

describe('how long a source may be silent', () => {
  test.each([
    ['15m', 900_000],
    ['36h', 129_600_000],
    ['30d', 2_592_000_000],
  ])('%s is read as milliseconds', (text, ms) => {
    expect(parseConfig(configOf(text), 'tocsin.yaml').sources).toMatchObject([{ silentAfter: ms }]);
  });

  test('is not said where it is not set', () => {
    const [source] = parseConfig('sources: [{ name: trail }]', 'tocsin.yaml').sources;

    expect(source?.silentAfter).toBeUndefined();
  });

  test.each(['14m', '31d', '721h', '1w', '12', '""', '1h30m', '[1h]', '0m'])('cannot be %s', (text) => {
    expect(mistakeIn(configOf(text))).toMatch(/^ {2}line 1: sources\.0\.silentAfter: .* does not fit: /m);
  });

  test('is explained where it is wrong', () => {
    expect(mistakeIn(configOf('1w'))).toContain(
      'sources.0.silentAfter: "1w" does not fit: expected minutes, hours or days, such as 45m, 12h or 7d, from 15m to 30d',
    );
  });
});
