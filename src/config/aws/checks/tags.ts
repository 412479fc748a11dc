import type { Problem } from '../../checked.js';
import type { Aws } from './seen.js';

/** Of a resource, one of which is ours. https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html */
const MOST_TAGS = 50 - 1;

/** All that is made can take the tags. */
export function* tagProblems({ tags = {} }: Aws): Generator<Problem> {
  const keys = Object.keys(tags);
  if (keys.length > MOST_TAGS) {
    const message = `expected at most ${MOST_TAGS} tags, not ${keys.length}: AWS takes ${MOST_TAGS + 1} for a resource, and one is ours`;
    yield { path: ['aws', 'tags'], message };
  }
  const seen = new Map<string, string>();
  for (const key of keys) {
    const folded = key.toLowerCase();
    const other = seen.get(folded);
    seen.set(folded, key);
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#case-sensitivity
    if (other !== undefined)
      yield {
        path: ['aws', 'tags', key],
        message: `differs from ${other} in case alone, and roles take both for one key`,
      };
  }
}
