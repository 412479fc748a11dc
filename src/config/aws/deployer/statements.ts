import { condition, type Condition, type Statement } from '../statement.js';
import type { Grant } from './grant.js';

/**
 * Grants as few statements: each resource with all that is granted on it, and resources with the same put together. The
 * same grants give the same statements, in whatever order they come.
 */
export function statementsOf(grants: readonly Grant[]): readonly Statement[] {
  const families = grouped(grants, ({ family, conditions = [] }) => JSON.stringify([family, conditions]));
  const statements = [...families.values()].flatMap((family) => merged(family));
  const seen = new Map<string, number>();
  return statements
    .toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b)))
    .map((statement) => {
      const count = (seen.get(statement.sid) ?? 0) + 1;
      seen.set(statement.sid, count);
      return count === 1 ? statement : { ...statement, sid: `${statement.sid}${count}` };
    });
}

/** @param family grants that differ in actions, resources and regions alone */
function merged(family: readonly Grant[]): readonly Statement[] {
  const [first] = family;
  if (first === undefined) return [];
  const regions = unique(family.flatMap(({ region }) => (region === undefined ? [] : [region])));
  const conditions: readonly Condition[] = [
    ...(first.conditions ?? []),
    ...(regions.length === 0 ? [] : [condition('StringEquals', 'aws:RequestedRegion', ...regions)]),
  ];
  const resources = unique(family.flatMap((grant) => grant.resources));
  const actionsOn = (resource: string): readonly string[] =>
    unique(family.filter((grant) => grant.resources.includes(resource)).flatMap(({ actions }) => actions));
  const alike = grouped(resources, (resource) => actionsOn(resource).join());
  return [...alike.values()].map((same) => ({
    sid: first.family,
    actions: actionsOn(same[0] ?? ''),
    resources: same,
    ...(conditions.length === 0 ? {} : { conditions }),
  }));
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].toSorted(compare);

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

/** By code units, wherever it runs. */
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
