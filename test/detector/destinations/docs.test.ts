import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { alertBody } from '../../../detector/destinations/body.js';
import { DESTINATION_OPTIONS } from '../../../detector/destinations/index.js';
import { MESSAGE } from './messages.js';

const text = readFileSync('docs/alerts.md', 'utf8');
const block = (language: string): string => text.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '';

describe('docs/alerts.md', () => {
  test('its configuration is valid and shows every type', () => {
    const { destinations } = parse(block('yaml')) as { destinations: Record<string, object> };

    const types = Object.values(destinations).map((options) => DESTINATION_OPTIONS.parse(options).type);

    expect(types.sort()).toEqual(DESTINATION_OPTIONS.options.map(({ shape }) => shape.type.value).sort());
  });

  test('its example is what is sent', () => {
    expect(JSON.parse(block('json'))).toEqual(alertBody({ kind: 'raised', message: MESSAGE }));
  });

  test('names every option', () => {
    for (const { shape } of DESTINATION_OPTIONS.options) {
      for (const option of Object.keys(shape)) expect(text).toContain(option);
    }
  });
});
