import type { z } from 'zod';

/**
 * What is left of a value when everything is taken out of it that does not fit. A key that was set stays, with undefined
 * in the place of what it held: `'aws' in fit` says whether it was set, `fit.aws` what can be relied on.
 */
export type Fitting<T> = T extends readonly (infer E)[]
  ? readonly (Fitting<E> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Fitting<T[K]> | undefined }
    : T;

type Path = readonly PropertyKey[];

/**
 * @param issues all that Zod found in the value so far
 * @returns undefined where nothing fits
 */
export const fitting = <T>(value: T, issues: readonly z.core.$ZodRawIssue[]): Fitting<T> | undefined =>
  // What Zod did not complain about is as the type says; the rest is gone.
  without(value, issues.flatMap(unfit)) as Fitting<T> | undefined;

export const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Where a value is that cannot be relied on. Faults of keys, and of a whole whose parts were looked at, are none. */
function unfit(issue: z.core.$ZodRawIssue): readonly Path[] {
  const path = issue.path ?? [];
  switch (issue.code) {
    case 'unrecognized_keys':
    case 'invalid_key':
      return [];
    case 'custom':
    case 'too_big':
    case 'too_small':
      return isContainer(issue.input) ? [] : [path];
    case 'invalid_union':
      // Of which kind it is decides what its parts have to be.
      return [issue.discriminator === undefined ? path : path.slice(0, -1)];
    default:
      return [path];
  }
}

function without(value: unknown, paths: readonly Path[]): unknown {
  if (paths.length === 0) return value;
  if (paths.some((path) => path.length === 0)) return undefined;
  const below = (key: string | number): readonly Path[] =>
    paths.flatMap(([first, ...rest]) => (first === key ? [rest] : []));
  if (Array.isArray(value)) return value.map((one: unknown, i) => without(one, below(i)));
  return isContainer(value)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, without(one, below(key))]))
    : value;
}
