import type { Problem } from '../../checked.js';
import { onAws, type Aws, type Sources } from './seen.js';

/**
 * Functions beyond what is set apart are refused. A queue is read all the same, and each refusal counts as a try of its
 * messages, until they are dead letters.
 * https://repost.aws/knowledge-center/lambda-sqs-scaling
 */
export function* concurrencyProblems({ detector }: Aws, sources: Sources): Generator<Problem> {
  if (detector?.runtime !== 'lambda') return;
  const { maximumConcurrency: most, reservedConcurrency: apart } = detector;
  if (most === undefined || apart === undefined) return;
  const readers = onAws(sources).length;
  const needed = readers * most + 1;
  if (apart >= needed) return;
  const wanted = `${readers} ${readers === 1 ? 'source' : 'sources'} at a maximumConcurrency of ${most}, and the sweep`;
  const message = `expected at least ${needed}, for ${wanted}: what is refused for want of functions ends in the dead letters`;
  yield { path: ['aws', 'detector', 'reservedConcurrency'], message };
}
