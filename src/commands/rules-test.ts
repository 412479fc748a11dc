import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { isLogType } from '../../detector/engine/engine.js';
import { isObject } from '../../detector/engine/json.js';
import { parseRecord } from '../../detector/logs/parse.js';
import type { Json, JsonObject } from '../../detector/rule.js';
import type { Command, Deps } from '../command.js';
import { loadConfig } from '../config/load.js';
import { EXIT, UsageError, type ExitCode } from '../errors.js';
import { palette } from '../output/colors.js';
import { plural } from '../output/numbers.js';
import { jsonLine, terminalText } from '../output/terminal-text.js';
import { engineOf, loadRules, type LoadedRule, type RuleChoice } from '../rules/load-rules.js';
import { runRuleTests } from '../rules/run-rule-test.js';

export interface RulesTestOptions extends RuleChoice {
  /** Foreign cases, one JSON object a line, instead of the tests beside the rules. */
  readonly cases?: string;
}

/** Runs the tests beside the rules, or foreign cases; disabled rules too. Exit code 1 when one fails. */
export const rulesTest: Command<RulesTestOptions> = async (options, deps) => {
  const loaded = await loadRules(options, await loadConfig(deps.cwd, options.config), deps.cwd);
  return options.cases === undefined
    ? ownTests(loaded, options, deps)
    : foreignCases(loaded, options.cases, options, deps);
};

async function ownTests(
  loaded: readonly LoadedRule[],
  options: RulesTestOptions & { json?: boolean; quiet?: boolean },
  deps: Deps,
): Promise<ExitCode> {
  engineOf(loaded, true);
  const { tests: builtIn } = await import('../../rules/tests.js');
  const { dim, green, red } = palette(deps.out);
  let passed = 0;
  let failed = 0;
  let untested = 0;
  for (const source of loaded) {
    const tests = source.tests ?? builtIn[source.rule.id] ?? [];
    if (tests.length === 0) untested++;
    for (const { rule, test, differences } of runRuleTests(source, tests)) {
      const ok = differences.length === 0;
      if (ok) passed++;
      else failed++;
      if (options.json === true) await deps.out.write(jsonLine({ rule, test, ok, differences }));
      else if (!ok || options.quiet !== true) {
        const mark = ok ? green('ok  ') : red('FAIL');
        const why = differences.map((line) => `       ${terminalText(line)}\n`).join('');
        await deps.out.write(`${mark} ${rule} ${dim(terminalText(test))}\n${why}`);
      }
    }
  }
  const summary = { rules: loaded.length, tests: passed + failed, passed, failed, untested };
  if (options.json === true) await deps.out.write(jsonLine(summary));
  else
    await deps.err.write(
      `${plural(loaded.length, 'rule')}, ${plural(passed + failed, 'test')}: ${String(passed)} passed, ${String(failed)} failed${untested === 0 ? '' : `, ${plural(untested, 'rule')} without a test`}\n`,
    );
  return failed === 0 ? EXIT.done : EXIT.notWell;
}

const CASE = z.object({
  id: z.string(),
  rule: z.string(),
  logType: z.string().refine(isLogType, 'no such log type'),
  // Not a record: that would be a copy, and without some of the keys.
  event: z.custom<JsonObject>((value) => isObject(value as Json), 'expected an object'),
  expected: z.boolean(),
  severity: z.string().nullish(),
});

async function foreignCases(
  loaded: readonly LoadedRule[],
  file: string,
  options: { json?: boolean; quiet?: boolean },
  deps: Deps,
): Promise<ExitCode> {
  const engine = engineOf(loaded, true);
  const known = new Set(engine.rules.map((rule) => rule.id));
  const { green, red, yellow } = palette(deps.out);
  const totals = { cases: 0, passed: 0, failed: 0, unknownRule: 0 };
  for await (const { line, number } of linesOf(resolve(deps.cwd, file))) {
    const { id, rule, logType, event, expected, severity: wanted } = parseCase(line, file, number);
    totals.cases++;
    const match = known.has(rule)
      ? engine.evaluate(logType, () => event).matches.find((m) => m.rule.id === rule)
      : undefined;
    const got = known.has(rule) ? match !== undefined : null;
    const severity = match?.severity ?? null;
    const ok = got === expected && (!expected || severity === (wanted ?? severity));
    if (got === null) totals.unknownRule++;
    else if (ok) totals.passed++;
    else totals.failed++;
    if (options.json === true) await deps.out.write(jsonLine({ id, rule, expected, got, severity, ok }));
    else if (!ok || options.quiet !== true) {
      const mark = ok ? green('ok  ') : got === null ? yellow('none') : red('FAIL');
      const why = ok
        ? ''
        : got === null
          ? '  there is no such rule'
          : `  expected ${String(expected)} ${wanted ?? ''}, got ${String(got)} ${severity ?? ''}`;
      await deps.out.write(`${mark} ${terminalText(id)} ${terminalText(rule)}${terminalText(why)}\n`);
    }
  }
  if (options.json === true) await deps.out.write(jsonLine(totals));
  else
    await deps.err.write(
      `${plural(totals.cases, 'case')}: ${String(totals.passed)} passed, ${String(totals.failed)} failed, ${String(totals.unknownRule)} of unknown rules\n`,
    );
  return totals.failed === 0 ? EXIT.done : EXIT.notWell;
}

async function* linesOf(file: string): AsyncGenerator<{ line: string; number: number }> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      if (line.trim() !== '') yield { line, number };
    }
  } catch (error) {
    throw new UsageError(
      'CASES_UNREADABLE',
      `${file} cannot be read: ${String(error)}`,
      'Name a readable file with --cases.',
      { cause: error },
    );
  }
}

function parseCase(line: string, file: string, number: number): z.infer<typeof CASE> {
  // Read like a log record, so that an event means here what it means to `detect`.
  const parsed = parseRecord(Buffer.from(line));
  if (!parsed.ok) throw badCase(file, number, parsed.message);
  const result = CASE.safeParse(parsed.value);
  if (!result.success) {
    throw badCase(
      file,
      number,
      result.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; '),
    );
  }
  return result.data;
}

const badCase = (file: string, number: number, what: string): UsageError =>
  new UsageError(
    'BAD_CASE',
    `${file}, line ${String(number)}: ${what}`,
    'A case is {"id","rule","logType","event","expected","severity"?} on one line.',
  );
