import fc from 'fast-check';
import { fold, type AlertChange, type AlertPolicy, type Folded } from '../../../detector/alerts/fold.js';
import { emptyGroup, type Contribution, type Group, type Member } from '../../../detector/alerts/group.js';
import { SEVERITIES } from '../../../detector/rule.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const newGroup = (): Group =>
  emptyGroup('aws.cloudtrail.trail-stopped', 'aws.cloudtrail', 'alice stopped a trail');

export const policyOf = (more: Partial<AlertPolicy> = {}): AlertPolicy => ({
  threshold: 1,
  windowMs: HOUR,
  distinct: false,
  ...more,
});

export const contribution = (id: string, time: number, more: Partial<Contribution> = {}): Contribution => ({
  time,
  id,
  severity: 'low',
  pointer: { unit: 'trail/0001.json.gz', index: 0, eventId: id },
  present: () => ({ title: `Title of ${id}`, context: { event: id } }),
  ...more,
});

/** Folds batch after batch, each under the same policy or its own. */
export function foldAll(
  group: Group,
  batches: readonly (readonly Contribution[])[],
  policy: AlertPolicy | ((batch: number) => AlertPolicy),
): { readonly group: Group; readonly steps: readonly Folded[]; readonly changes: readonly AlertChange[] } {
  const steps: Folded[] = [];
  let current = group;
  for (const [at, batch] of batches.entries()) {
    const step = fold(current, batch, typeof policy === 'function' ? policy(at) : policy);
    steps.push(step);
    current = step.group;
  }
  return { group: current, steps, changes: steps.flatMap(({ changes }) => changes) };
}

/** What something counts: itself, or its values. */
export const keysOf = (
  counted: Pick<Member, 'id' | 'values'>,
  { distinct }: AlertPolicy,
): readonly string[] => (distinct ? (counted.values ?? []) : [counted.id]);

/** By brute force: is there any span of the window's length that holds enough different events, or values? */
export const holdsSpan = (
  counted: readonly Pick<Member, 'id' | 'time' | 'values'>[],
  policy: AlertPolicy,
): boolean =>
  counted.some(({ time: start }) => {
    const inSpan = counted.filter(({ time }) => time >= start && time <= start + policy.windowMs);
    return new Set(inSpan.flatMap((one) => keysOf(one, policy))).size >= policy.threshold;
  });

export const severity = fc.constantFrom(...SEVERITIES);

/** Times spread over a few windows of the policies below; more often than not several events are close together. */
export const LATEST_TIME = 400;

export const events: fc.Arbitrary<readonly Contribution[]> = fc
  .array(
    fc.record({
      time: fc.integer({ min: 0, max: LATEST_TIME }),
      severity,
      values: fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 3 }), {
        nil: undefined,
      }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((list) =>
    list.map(({ values, ...rest }, at) =>
      contribution(`event-${String(at)}`, rest.time, {
        ...rest,
        ...(values === undefined ? {} : { values }),
      }),
    ),
  );

/** Without a limit of lateness. */
export const policies: fc.Arbitrary<AlertPolicy> = fc.record({
  threshold: fc.integer({ min: 1, max: 6 }),
  windowMs: fc.integer({ min: 0, max: 120 }),
  distinct: fc.boolean(),
});

/** Cuts a list into batches at arbitrary places. */
export const batched = <T>(list: readonly T[]): fc.Arbitrary<readonly (readonly T[])[]> =>
  fc.array(fc.boolean(), { minLength: list.length, maxLength: list.length }).map((cuts) => {
    const batches: T[][] = [[]];
    for (const [at, one] of list.entries()) {
      if (cuts[at] === true) batches.push([]);
      batches.at(-1)!.push(one);
    }
    return batches;
  });

export interface Arrival {
  /** Each once. */
  readonly events: readonly Contribution[];
  /** All of them, in any order, some again and again. */
  readonly batches: readonly (readonly Contribution[])[];
}

export const arrivals: fc.Arbitrary<Arrival> = events.chain((all) =>
  fc
    .array(fc.constantFrom(...all), { maxLength: 10 })
    .chain((again) => {
      const list = [...all, ...again];
      return fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length });
    })
    .chain(batched)
    .map((batches) => ({ events: all, batches })),
);
