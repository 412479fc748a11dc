/**
 * A text as Terraform takes it literally: `${` and `%{` begin templates in every string of its JSON syntax.
 * https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
 */
export const literalText = (text: string): string =>
  // By functions: in a text that replaces, `$$` stands for one `$`.
  text.replaceAll('${', () => '$${').replaceAll('%{', () => '%%{');

/** The same for every text in a value, names of keys included. What comes out goes into stacks and nowhere else. */
export function literal<T>(value: T): T {
  if (typeof value === 'string') return literalText(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => literal(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [literalText(key), literal(inner)]),
  ) as T;
}
