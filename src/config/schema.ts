import type { z } from 'zod';
import { detectorPolicyCharacters, MOST_INLINE_CHARACTERS } from './aws/detector-grants.js';
import { topologyOf } from './aws/of-config.js';
import { checked } from './checked.js';
import { problemsIn } from './checks.js';
import { SHAPE } from './shape.js';

/** What `tocsin.yaml` may say. */
export const CONFIG = checked(SHAPE, problemsIn).superRefine((config, context) => {
  // Of what is right so far only can be said what it makes.
  const aws = context.issues.length > 0 ? undefined : topologyOf(config);
  const characters = aws === undefined ? 0 : detectorPolicyCharacters(aws);
  if (characters <= MOST_INLINE_CHARACTERS) return;
  const message =
    `are in too many accounts for one detector: the policy of its role would have ${characters} characters, ` +
    `and IAM takes ${MOST_INLINE_CHARACTERS}`;
  context.addIssue({ code: 'custom', path: ['sources'], message });
});

export type Config = z.infer<typeof CONFIG>;
