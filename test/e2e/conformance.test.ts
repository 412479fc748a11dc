import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createEngine } from '../../detector/engine/engine.js';
import { logTypes } from '../../detector/logs/index.js';
import type { JsonObject, LogTypeId } from '../../detector/rule.js';
import { rules } from '../../rules/index.js';
import { describeWith, sharedData } from '../support/capabilities.js';
import { jsonLines, tocsin } from '../support/cli.js';

interface Case {
  id: string;
  rule: string;
  logType: LogTypeId;
  event: JsonObject;
  needsState?: boolean;
}
interface MatrixLine {
  rule: string;
  corpus: string;
  ids: string[];
}

const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
const ruleIds = rules.map((rule) => rule.id);

describeWith(sharedData('conformance'), 'the rules on cases that nobody here wrote', (folder) => {
  const cases = linesOf(join(folder, 'cases.jsonl')).map((line) => JSON.parse(line) as Case);
  const matrix = linesOf(join(folder, 'matrix.jsonl')).map((line) => JSON.parse(line) as MatrixLine);

  test('`rules test --cases` has no wrong answer', async () => {
    const { out, code } = await tocsin(['rules', 'test', '--cases', join(folder, 'cases.jsonl'), '--json']);
    const stateful = new Set(cases.filter((c) => c.needsState === true).map((c) => c.id));
    const wrong = jsonLines(out).filter(
      (line) => line.ok === false && line.got !== null && !stateful.has(String(line.id)),
    );

    expect(wrong).toEqual([]);
    expect([0, 1]).toContain(code);
  });

  describe.each(ruleIds)('%s', (id) => {
    const engine = createEngine(
      rules.filter((rule) => rule.id === id).map((rule) => ({ rule, reviewed: true })),
      logTypes,
      { includeDisabled: true },
    );
    const logType = rules.find((rule) => rule.id === id)?.logTypes[0];

    test('matches exactly the cases of the matrix among all cases of its log type', () => {
      const present = cases.filter((c) => c.logType === logType && c.needsState !== true);
      const expected = matrix.find((line) => line.rule === id && line.corpus === 'conformance')?.ids ?? [];
      const matched = present.filter((c) => engine.evaluate(c.logType, () => c.event).matches.length > 0);

      expect(matched.map((c) => c.id).sort()).toEqual(
        expected.filter((caseId) => present.some((c) => c.id === caseId)).sort(),
      );
    });
  });
});

describeWith(sharedData('logs'), 'detect over real logs', (folder) => {
  const corpora = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const matrix = linesOf(join(folder, '../conformance/matrix.jsonl')).map(
    (line) => JSON.parse(line) as MatrixLine,
  );

  test.each(corpora.map((entry) => entry.name))(
    '%s: exactly the matches of the matrix, and no dead letter',
    async (corpus) => {
      const { out, err, code } = await tocsin([
        'detect',
        join(folder, corpus),
        '--matches',
        '--include-disabled',
        '--json',
      ]);
      const found = new Map<string, Set<string>>();
      for (const { rule, eventId } of jsonLines(out)) {
        found.set(String(rule), (found.get(String(rule)) ?? new Set()).add(String(eventId)));
      }
      const expected = matrix.filter((line) => line.corpus === corpus && ruleIds.includes(line.rule));

      expect(Object.fromEntries([...found].map(([rule, ids]) => [rule, [...ids].sort()]).sort())).toEqual(
        Object.fromEntries(expected.map(({ rule, ids }) => [rule, [...ids].sort()]).sort()),
      );
      expect(JSON.parse(err)).toMatchObject({ deadLetters: 0, ruleFailures: 0 });
      expect(code).toBe(0);
    },
  );
});
