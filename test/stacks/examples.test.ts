import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { synthesized } from './synth.js';

/**
 * Addresses of resources that releases have made, a stack a line: Terraform destroys and makes anew what it finds at
 * another one. What is gone from here needs a `moved` block, or a word in the release notes.
 */
const ADDRESSES = 'test/stacks/addresses.txt';

const examples = readdirSync('examples').filter((name) => /^aws-.*\.tocsin\.yaml$/.test(name));

describe.each(examples)('%s', (name) => {
  const stacks = synthesized(readFileSync(`examples/${name}`, 'utf8')).all;

  test.each(stacks.map((stack) => [stack.name, stack] as const))('%s is as it was', (_name, stack) => {
    expect(sorted(stack.file)).toMatchSnapshot();
  });

  test('keeps the addresses of what it makes', () => {
    const known = readFileSync(ADDRESSES, 'utf8').split('\n');
    const seen = stacks.flatMap((stack) =>
      stack.resources.map((one) => `${name} ${stack.name} ${one.type}.${one.name}`),
    );

    expect(seen.toSorted()).toEqual(known.filter((line) => line.startsWith(`${name} `)));
  });
});

test('the list of addresses knows no other example', () => {
  const named = readFileSync(ADDRESSES, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ')[0] ?? '');

  expect([...new Set(named)].toSorted()).toEqual(examples.toSorted());
});

/** Keys of objects in order: what changes is then all that differs. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
