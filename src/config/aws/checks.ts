import type { Problem } from '../checked.js';
import type { Fitting } from '../fitting.js';
import type { Shape } from '../shape.js';
import { accountProblems } from './checks/accounts.js';
import { arnProblems } from './checks/arns.js';
import { bucketProblems } from './checks/buckets.js';
import { concurrencyProblems } from './checks/concurrency.js';
import { destinationProblems } from './checks/destinations.js';
import { sourceProblems } from './checks/sources.js';
import { tagProblems } from './checks/tags.js';

/** What one part of the configuration says about AWS must fit the others. */
export function* awsProblems(config: Fitting<Shape>): Generator<Problem> {
  yield* destinationProblems(config);
  const { aws, sources = [] } = config;
  if (!('aws' in config))
    for (const [i, source] of sources.entries())
      if (source?.aws !== undefined)
        yield { path: ['sources', i, 'aws'], message: 'needs `aws`, with its accounts and the detector' };
  if (aws === undefined) return;
  yield* accountProblems(aws, sources);
  yield* arnProblems(aws, sources);
  yield* sourceProblems(aws, sources);
  yield* bucketProblems(sources);
  yield* concurrencyProblems(aws, sources);
  yield* tagProblems(aws);
}
