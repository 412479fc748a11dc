import { expect, test } from '@jest/globals';
import { mute } from '../../../detector/alerts/mutes.js';
import { muteRecord, mutesOf, readMutes } from '../../../src/operating/mutes.js';
import { checkedReason } from '../../../src/operating/reason.js';
import { memoryStore } from '../../support/memory-store.js';
import { NOW } from './support.js';

test('mutes that hold are read, those that end first in front', async () => {
  const store = memoryStore();
  await mute(store, { rule: 'a.b', reason: 'later', until: NOW + 2 });
  await mute(store, { rule: 'a.b', dedup: 'key', reason: 'sooner', until: NOW + 1 });
  await mute(store, { rule: 'a.c', reason: 'over', until: NOW });

  const mutes = await readMutes(store, NOW);

  expect(mutes.map(muteRecord)).toEqual([
    expect.objectContaining({ rule: 'a.b', allKeys: false, dedup: 'key', reason: 'sooner' }),
    expect.objectContaining({ rule: 'a.b', allKeys: true, until: '2026-03-02T12:00:00.002Z' }),
  ]);
  const reasonsOf = (target: Parameters<typeof mutesOf>[1]) =>
    mutesOf(mutes, target).map(({ reason }) => reason);
  expect(reasonsOf({ kind: 'rule', rule: 'a.b' })).toEqual(['sooner', 'later']);
  expect(reasonsOf({ kind: 'alert', rule: 'a.b', dedup: 'key' })).toEqual(['sooner']);
  expect(reasonsOf({ kind: 'alert', rule: 'a.b', dedup: 'other' })).toEqual([]);
  expect(reasonsOf({ kind: 'id', prefix: mutes[1]?.id.slice(0, 8) ?? '' })).toEqual(['later']);
});

test('a reason says something, and not too much', () => {
  expect(checkedReason('  known pentest\n')).toBe('known pentest');
  expect(() => checkedReason(' ')).toThrow('is empty');
  expect(() => checkedReason('x'.repeat(501))).toThrow('501 characters; 500 is the most');
});
