import { createEngine, type Engine } from '../../detector/engine/engine.js';
import { evaluateUnit, type UnitOptions } from '../../detector/evaluate-unit.js';
import { logTypes } from '../../detector/logs/index.js';
import { DEFAULT_SPLIT_LIMITS } from '../../detector/logs/record.js';
import { sourceMap } from '../../detector/logs/source-map.js';
import type { Match, Rule } from '../../detector/rule.js';
import { rules } from '../../rules/index.js';
import { unitOf, type LoadFile } from '../load.js';
import type { Work } from '../measure.js';

/** The rules of Tocsin as they come: those that are disabled are left out. */
export const shippedRules = (): Engine => engineOf(rules);

/** Each of them ten times, under ids of their own: an event that one rule looks at is looked at by ten. */
export const tenCopies = (): Engine => engineOf(copies((rule) => rule));

/** Nine more for each of them that are about other calls: what ten times as many detections are like. */
export const tenTimesTheCalls = (): Engine =>
  engineOf(copies((rule, copy) => ({ ...rule, match: aboutOtherCalls(rule.match, copy) as Match })));

const engineOf = (all: readonly Rule[]): Engine =>
  createEngine(
    all.map((rule) => ({ rule, reviewed: true })),
    logTypes,
  );

const copies = (change: (rule: Rule, copy: number) => Rule): readonly Rule[] => [
  ...rules,
  ...Array.from({ length: 9 }, (_, copy) =>
    rules.map((rule) => ({ ...change(rule, copy), id: `${rule.id}-copy-${copy}` })),
  ).flat(),
];

/** Where the log types keep the name of the call. */
const CALL = /(^|\.)(eventName|operationName|methodName)$/;

function aboutOtherCalls(part: unknown, copy: number, isCall = false): unknown {
  if (typeof part === 'string') return isCall ? `${part}Copy${copy}` : part;
  if (Array.isArray(part)) return part.map((inner: unknown) => aboutOtherCalls(inner, copy, isCall));
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, inner]) => [key, aboutOtherCalls(inner, copy, isCall || CALL.test(key))]),
  );
}

/** Without a configuration, as `detect` does it: the log type is told by shape. */
export const unitOptions = (engine: Engine): UnitOptions => ({
  engine,
  sources: sourceMap([]),
  limits: DEFAULT_SPLIT_LIMITS,
  arrival: Date.UTC(2030, 0),
});

/** The whole way of files, with matches that are counted and no more. */
export async function evaluateAll(files: readonly LoadFile[], options: UnitOptions): Promise<Work> {
  let events = 0;
  let bytes = 0;
  for (const file of files) {
    const counts = await evaluateUnit(unitOf(file), file.key, options, {
      match: () => {},
      deadLetter: ({ message }) => {
        throw new Error(`The load holds what cannot be processed: ${message}`);
      },
      ruleFailure: ({ rule, error }) => {
        throw new Error(`${rule} failed: ${error}`);
      },
    });
    events += counts.events;
    bytes += counts.bytes;
  }
  return { events, bytes };
}
