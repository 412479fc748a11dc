type Json = Readonly<Record<string, unknown>>;

/**
 * Whether EventBridge would match an event, as far as our patterns go: exact texts, prefixes, suffixes and `$or`.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export const patternMatches = (pattern: Json, event: unknown): boolean =>
  Object.entries(pattern).every(([key, wanted]) =>
    key === '$or'
      ? (wanted as readonly Json[]).some((part) => patternMatches(part, event))
      : valuesAt(event, key).some((value) => fits(wanted, value)),
  );

/** Of a list, every element is looked at. */
const valuesAt = (event: unknown, key: string): readonly unknown[] =>
  [event].flat().flatMap((one) => {
    if (typeof one !== 'object' || one === null || !Object.hasOwn(one, key)) return [];
    return [(one as Json)[key]].flat();
  });

const fits = (wanted: unknown, value: unknown): boolean =>
  Array.isArray(wanted) ? wanted.some((one) => textFits(one, value)) : patternMatches(wanted as Json, value);

function textFits(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  if (typeof value !== 'string') return false;
  const { prefix = '', suffix = '' } = wanted as { readonly prefix?: string; readonly suffix?: string };
  return value.startsWith(prefix) && value.endsWith(suffix);
}
