import { describe, expect, test } from '@jest/globals';
import { createEngine } from '../../detector/engine/engine.js';
import { evaluateUnit, type UnitCounts } from '../../detector/evaluate-unit.js';
import { logTypes } from '../../detector/logs/index.js';
import { DEFAULT_SPLIT_LIMITS } from '../../detector/logs/record.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import { call, START, unitOf } from '../support/core.js';

const MINUTE = 60_000;

function countsOf(...times: readonly string[]): Promise<UnitCounts> {
  const records = times.map((eventTime, i) => call(`e${i}`, 'ListUsers', 'eve', { eventTime }));
  const options = {
    ...{ engine: createEngine([], logTypes), sources: sourceMap([]), limits: DEFAULT_SPLIT_LIMITS },
    arrival: START,
  };
  return evaluateUnit(unitOf('u', records), 'u', options, {
    ...{ match: () => {}, deadLetter: () => {}, ruleFailure: () => {} },
  });
}

describe('the newest event of a unit', () => {
  test.each([
    ['has the time that it names', new Date(START - MINUTE).toISOString(), START - MINUTE],
    ['is no newer than its unit, whatever it says', '2099-01-01T00:00:00Z', START],
    ['is unknown where none names a time', 'nonsense', undefined],
  ])('%s', async (_what, time, newest) => {
    expect((await countsOf(time)).newest).toBe(newest);
  });
});
