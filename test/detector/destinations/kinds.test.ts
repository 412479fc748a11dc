import { describe, expect, test } from '@jest/globals';
import { DESTINATION_OPTIONS, kindsOf } from '../../../detector/destinations/index.js';
import { makeDestination } from './contract.js';
import { HTTP_FIXTURES } from './fixtures.js';

const URL = 'https://hooks.example';
const LOCAL = ['file', 'stdout'].map((type) => ({
  ...{ name: type, options: { type, ...(type === 'file' ? { path: 'alerts' } : {}) }, secrets: {} },
}));
const ALL = [
  ...HTTP_FIXTURES.map(({ name, options, secrets }) => ({
    name,
    options: options(URL),
    secrets: secrets(URL),
  })),
  ...LOCAL,
];

describe('what a destination shows', () => {
  test.each(ALL)('is known before it is made: $name', ({ options, secrets }) => {
    const kinds = kindsOf(DESTINATION_OPTIONS.parse(options));

    expect(makeDestination(options, secrets).kinds).toEqual(kinds);
    for (const kind of ['raised', 'escalated', 'resolved', 'summary', 'system', 'test'] as const)
      expect(kinds).toContain(kind);
  });

  test('is growth where that changes what is there, or where it is asked for', () => {
    const shows = ALL.filter(({ options }) => kindsOf(DESTINATION_OPTIONS.parse(options)).has('updated'));
    const asked = [{ type: 'webhook', url: URL }, ...LOCAL.map(({ options }) => options)];

    expect(shows.map(({ name }) => name)).toEqual(['slack, bot', 'asana']);
    for (const options of asked)
      expect(kindsOf(DESTINATION_OPTIONS.parse({ ...options, updates: true }))).toContain('updated');
  });
});
