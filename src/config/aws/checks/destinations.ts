import { referencesIn } from '../../../../detector/destinations/secrets.js';
import type { Problem } from '../../checked.js';
import type { Fitting } from '../../fitting.js';
import type { Shape } from '../../shape.js';

/** A function has the secret store of its cloud, and no files and no environment of ours. */
export function* destinationProblems(config: Fitting<Shape>): Generator<Problem> {
  const isFunction = config.aws?.detector?.runtime === 'lambda';
  for (const [name, options] of Object.entries(config.destinations ?? {})) {
    if (isFunction && options?.type === 'file') {
      const message = 'a function keeps no files; it is for `aws.detector.runtime: serve`';
      yield { path: ['destinations', name, 'type'], message };
    }
    for (const [option, reference] of referencesIn(options)) {
      const path = ['destinations', name, ...option.split(/[.[\]]+/).filter((part) => part !== '')];
      const isStored = reference.startsWith('secret:');
      if (isStored && !('aws' in config))
        yield { path, message: 'secret:NAME is in the secret store of a cloud, and there is no `aws`' };
      if (!isStored && isFunction)
        yield { path, message: 'a function reads its secrets from the secret store: expected secret:NAME' };
    }
  }
}
