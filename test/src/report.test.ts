import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Deps } from '../../src/command.js';
import { DetectReport } from '../../src/detection/report.js';
import { fakeOutput } from './support.js';

const counts = {
  events: 0,
  bytes: 0,
  notEvents: 0,
  outside: 0,
  deadLetters: 0,
  excluded: false,
  newest: undefined,
};

async function written(report: DetectReport, options: { json?: boolean; quiet?: boolean } = {}) {
  const err = fakeOutput();
  const deps: Deps = { cwd: '/', env: {}, out: fakeOutput(), err, now: () => 0 };
  await report.write(options, deps);
  return err.written();
}

describe('the report of a run', () => {
  test('has no negative number and no NaN, whatever was counted and however the clock went', async () => {
    const count = fc.nat({ max: 5 });
    await fc.assert(
      fc.asyncProperty(count, count, count, fc.integer(), async (files, matches, alerts, elapsed) => {
        const times = [0, elapsed];
        const report = new DetectReport(() => times.shift() ?? elapsed);
        for (let i = 0; i < files; i++) report.file({ ...counts, events: i });
        for (let i = 0; i < matches; i++) report.match();
        report.alerts(alerts);
        const text = await written(report);

        expect(text).not.toMatch(/NaN|Infinity|undefined|-\d/);
        expect(text).toContain(matches === 1 ? '1 match,' : `${String(matches)} matches,`);
      }),
    );
  });

  test('shows the first dead letters one by one, and counts the rest by reason', async () => {
    const report = new DetectReport(() => 0);
    for (let i = 0; i < 1234; i++) {
      report.deadLetter({
        reason: i % 2 === 0 ? 'not-json' : 'truncated',
        message: 'odd',
        unit: `file-${String(i)}`,
      });
    }
    const text = await written(report);

    expect(text.match(/file-\d+/g)).toEqual(Array.from({ length: 10 }, (_, i) => `file-${String(i)}`));
    expect(text).toContain('not-json: 617, truncated: 617');
    expect(text).toContain('1,234 dead letters');
  });

  test('tells a failing rule once for each hook, with how often it failed', async () => {
    const report = new DetectReport(() => 0);
    for (let i = 0; i < 3; i++) report.ruleFailure({ rule: 'a.b', hook: 'title', error: 'boom' });
    report.ruleFailure({ rule: 'a.b', hook: 'dedup', error: 'boom' });

    expect((await written(report, { quiet: true })).match(/rule failed .*/g)).toEqual([
      expect.stringMatching(/a\.b, title: boom \(3 events/),
      expect.stringMatching(/a\.b, dedup: boom \(1 event/),
    ]);
  });
});
