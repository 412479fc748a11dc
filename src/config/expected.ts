import { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/** What a value had to be, in our words, where its schema says nothing itself. For Zod's `error`. */
export function expected(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return (issue.expected === 'string' ? saidOf(issue) : undefined) ?? `expected ${kindOf(issue)}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values)}`;
    case 'invalid_union':
      return `expected ${Array.isArray(issue.options) ? oneOf(issue.options) : 'another kind of value'}`;
    case 'invalid_format':
      return `expected a text of the form ${issue.pattern ?? issue.format}`;
    case 'not_multiple_of':
      return `expected ${numberIn(issue.schema)}`;
    case 'too_big':
    case 'too_small':
      return `expected ${sizeOf(issue)}`;
    case 'unrecognized_keys':
      return `there is no such key; expected ${oneOf(keysIn(issue.schema), String)}`;
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  object: 'keys with values',
  record: 'keys with values',
  string: 'a text',
};

const kindOf = ({ expected: kind, schema }: Extract<Issue, { code: 'invalid_type' }>): string =>
  schema instanceof z.ZodNumber ? numberIn(schema) : (KINDS[kind] ?? 'a value');

/** What a schema says of a text of the wrong form holds for what is no text too. */
function saidOf(issue: Issue): string | undefined {
  for (const check of issue.schema?._zod.def.checks ?? []) {
    const said = check._zod.def.error?.(issue as never);
    const text = typeof said === 'string' ? said : said?.message;
    if (text !== undefined) return text;
  }
  return undefined;
}

function sizeOf(issue: Extract<Issue, { code: 'too_big' | 'too_small' }>): string {
  if (issue.schema instanceof z.ZodNumber) return numberIn(issue.schema);
  const count = issue.code === 'too_big' ? issue.maximum : issue.minimum;
  if (issue.code === 'too_small' && count === 1)
    return issue.origin === 'string' ? 'a text that is not empty' : 'at least one entry';
  const unit = issue.origin === 'string' ? 'characters' : 'entries';
  return `${issue.code === 'too_big' ? 'at most' : 'at least'} ${String(count)} ${unit}`;
}

/** With its bounds, those apart that every number has. */
function numberIn(schema: unknown): string {
  if (!(schema instanceof z.ZodNumber)) return 'a number';
  const { minValue, maxValue, format } = schema;
  const isWhole =
    format?.includes('int') === true ||
    schema.def.checks?.some((check) => check instanceof z.core.$ZodCheckMultipleOf) === true;
  const from = minValue === null || minValue <= Number.MIN_SAFE_INTEGER ? '' : ` from ${String(minValue)}`;
  const to =
    maxValue === null || maxValue >= Number.MAX_SAFE_INTEGER
      ? ''
      : `${from === '' ? ' up' : ''} to ${String(maxValue)}`;
  return `${isWhole ? 'a whole number' : 'a number'}${from}${to}`;
}

const keysIn = (schema: unknown): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

function oneOf(values: readonly unknown[], say: (value: unknown) => string = JSON.stringify): string {
  const said = values.map(say);
  return said.length < 2 ? said.join('') : `${said.slice(0, -1).join(', ')} or ${said.at(-1) ?? ''}`;
}
