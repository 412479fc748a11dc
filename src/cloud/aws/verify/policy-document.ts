import { z } from 'zod';
import { policyStatement, type Statement } from '../../../config/aws/statement.js';

/** A statement with what makes no difference taken out: order, letter case of names, one text or a list of one. */
export interface PlainStatement {
  readonly sid: string;
  readonly effect: string;
  /** `AWS arn:…`, `Service lambda.amazonaws.com`, `Federated arn:…`, `AWS *`; with `not ` in front for all others. */
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly PlainCondition[];
}

export interface PlainCondition {
  /** Test and key: `StringEquals sts:externalid`. */
  readonly about: string;
  readonly values: readonly string[];
}

const texts = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))])
  .transform((value) => (Array.isArray(value) ? value : [value]).map(String));
const principal = z.union([z.literal('*').transform(() => ({ AWS: ['*'] })), z.record(z.string(), texts)]);
const statement = z.object({
  Sid: z.string().default(''),
  Effect: z.string(),
  Principal: principal.optional(),
  NotPrincipal: principal.optional(),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Resource: texts.optional(),
  NotResource: texts.optional(),
  Condition: z.record(z.string(), z.record(z.string(), texts)).default({}),
});
const document = z.object({
  Statement: z.union([z.array(statement), statement.transform((one) => [one])]),
});

/**
 * @param json a policy document, percent-encoded as IAM hands it out, or plain
 * @returns undefined for what is no policy
 */
export function plainStatements(json: string): readonly PlainStatement[] | undefined {
  try {
    const text = json.trimStart().startsWith('{') ? json : decodeURIComponent(json);
    const parsed = document.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.Statement.map(plain) : undefined;
  } catch {
    return undefined;
  }
}

export const plainStatement = (designed: Statement): PlainStatement =>
  plain(statement.parse(policyStatement(designed)));

type Parsed = z.infer<typeof statement>;

function plain(one: Parsed): PlainStatement {
  const lower = (text: string): string => text.toLowerCase();
  return {
    sid: one.Sid,
    effect: one.Effect,
    principals: sorted([
      ...principalsOf(one.Principal),
      ...principalsOf(one.NotPrincipal).map((name) => `not ${name}`),
    ]),
    actions: sorted([
      ...(one.Action ?? []).map(lower),
      ...(one.NotAction ?? []).map((name) => `not ${lower(name)}`),
    ]),
    resources: sorted([...(one.Resource ?? []), ...(one.NotResource ?? []).map((name) => `not ${name}`)]),
    conditions: Object.entries(one.Condition)
      .flatMap(([test, keys]) =>
        Object.entries(keys).map(([key, values]) => ({
          about: `${test} ${key.toLowerCase()}`,
          values: sorted(values),
        })),
      )
      .toSorted((a, b) => (a.about < b.about ? -1 : 1)),
  };
}

const principalsOf = (principals: Parsed['Principal'] = {}): readonly string[] =>
  Object.entries(principals).flatMap(([kind, names]) => names.map((name) => `${kind} ${name}`));

const sorted = (list: readonly string[]): readonly string[] => [...new Set(list)].sort();
