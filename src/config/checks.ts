import { awsProblems } from './aws/checks.js';
import type { Problem } from './checked.js';
import type { Fitting } from './fitting.js';
import type { Shape } from './shape.js';

type Fit = Fitting<Shape>;

/** What one part of the configuration says must fit the others. */
export function* problemsIn(config: Fit): Generator<Problem> {
  yield* unknownDestinations(config);
  yield* sourcesOfOneName(config);
  yield* prefixesOfTwoTypes(config);
  if (config.state?.store === 'dynamodb' && !('aws' in config))
    yield { path: ['state', 'store'], message: 'needs `aws`: the table is that of its detector' };
  yield* awsProblems(config);
}

function* unknownDestinations({ alerts, destinations }: Fit): Generator<Problem> {
  if (alerts === undefined || destinations === undefined) return;
  const known = Object.keys(destinations);
  const lists: readonly (readonly [readonly (string | number)[], Fitting<readonly string[]> | undefined])[] =
    [
      ...(alerts.routes ?? []).map((route, i) => [['routes', i, 'to'], route?.to] as const),
      [['default'], alerts.default],
      [['system'], alerts.system],
    ];
  for (const [at, names = []] of lists)
    for (const [i, wanted] of names.entries()) {
      if (wanted === undefined || known.includes(wanted)) continue;
      const message = `there is no destination of this name (there is: ${known.join(', ') || 'none'})`;
      yield { path: ['alerts', ...at, i], message };
    }
}

function* sourcesOfOneName({ sources = [] }: Fit): Generator<Problem> {
  const names = sources.map((source) => source?.name);
  for (const [i, name] of names.entries())
    if (name !== undefined && names.indexOf(name) !== i)
      yield { path: ['sources', i, 'name'], message: 'another source has this name' };
}

function* prefixesOfTwoTypes({ sources = [] }: Fit): Generator<Problem> {
  const seen = new Map<string, string>();
  for (const [i, source] of sources.entries())
    for (const [prefix, type] of Object.entries(source?.prefixes ?? {})) {
      if (type === undefined) continue;
      const first = seen.get(prefix) ?? type;
      seen.set(prefix, first);
      if (first === type) continue;
      const message = `another source says that this prefix holds ${first}`;
      yield { path: ['sources', i, 'prefixes', prefix], message };
    }
}
