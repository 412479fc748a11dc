import type { z } from 'zod';
import { fitting, isContainer, type Fitting } from './fitting.js';

/** Something that does not fit, though every value may be right for itself. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Holds the parts of an object against each other, whatever else is wrong with it: `find` sees what fits. Zod would
 * leave out a refinement after the first fault of another kind, and the user would learn of one mistake after another.
 */
export const checked = <S extends z.ZodType<object>>(
  schema: S,
  find: (fit: Fitting<z.output<S>>) => Iterable<Problem>,
): S =>
  schema.superRefine(
    (value, context) => {
      const fit = fitting(value, context.issues);
      if (fit === undefined) return;
      for (const { path, message } of find(fit))
        context.addIssue({ code: 'custom', path: [...path], message });
    },
    { when: ({ value }) => isContainer(value) },
  );
