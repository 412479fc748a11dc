import { z } from 'zod';
import { isContainer } from './fitting.js';

/** What a name may be, and how that is said. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly expected: string;
}

export const NAME: NameRule = {
  pattern: /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
  expected: 'expected lower-case words joined by hyphens',
};

export const name = z.string().regex(NAME.pattern, NAME.expected);

/** Values by names. A name that does not fit hides nothing below it, as it would in `z.record`. */
export const named = <V extends z.ZodType>({ pattern, expected }: NameRule, value: V) =>
  z
    .record(z.string(), value)
    .superRefine(
      (all, context) => {
        for (const key of Object.keys(all))
          if (!pattern.test(key))
            context.addIssue({
              ...{ code: 'invalid_key', origin: 'record', issues: [] },
              ...{ input: key, path: [key], message: expected },
            });
      },
      { when: (payload) => isContainer(payload.value) },
    )
    .meta({ propertyNames: { type: 'string', pattern: pattern.source } });
