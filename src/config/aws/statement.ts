/** A statement of a policy as data: stacks write it, `tocsin verify` compares it with what is there. */
export interface Statement {
  /** Says in the policy what the statement is for. */
  readonly sid: string;
  readonly effect?: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** None in the trust of a role. */
  readonly resources?: readonly string[];
  readonly principals?: readonly Principal[];
  readonly conditions?: readonly Condition[];
}

export type Principal =
  | { readonly service: string }
  | { readonly arn: string }
  | { readonly federated: string }
  /** For denials: whoever it is. */
  | 'everyone';

export interface Condition {
  /** Such as `StringEquals`. */
  readonly test: string;
  /** Such as `aws:SourceArn`. */
  readonly key: string;
  readonly values: readonly string[];
}

export const condition = (test: string, key: string, ...values: readonly string[]): Condition => ({
  ...{ test, key, values },
});

type Texts = string | readonly string[];

/** A statement as it stands in the JSON of a policy. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, Texts>>;
  readonly Action: Texts;
  readonly Resource?: Texts;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Texts>>>>;
}

export function policyStatement(statement: Statement): PolicyStatement {
  const { sid, effect = 'Allow', actions, resources, principals, conditions } = statement;
  return {
    Sid: sid,
    Effect: effect,
    ...(principals === undefined ? {} : { Principal: principalOf(principals) }),
    Action: short(actions),
    ...(resources === undefined ? {} : { Resource: short(resources) }),
    ...(conditions === undefined ? {} : { Condition: conditionOf(conditions) }),
  };
}

function principalOf(principals: readonly Principal[]): NonNullable<PolicyStatement['Principal']> {
  const named: Record<string, string[]> = {};
  for (const principal of principals) {
    if (principal === 'everyone') return '*';
    const [kind, name] =
      'service' in principal
        ? (['Service', principal.service] as const)
        : 'arn' in principal
          ? (['AWS', principal.arn] as const)
          : (['Federated', principal.federated] as const);
    (named[kind] ??= []).push(name);
  }
  return Object.fromEntries(Object.entries(named).map(([kind, names]) => [kind, short(names)]));
}

function conditionOf(conditions: readonly Condition[]): NonNullable<PolicyStatement['Condition']> {
  const tests: Record<string, Record<string, Texts>> = {};
  for (const { test, key, values } of conditions) (tests[test] ??= {})[key] = short(values);
  return tests;
}

/** One text stands for itself, as AWS writes it. */
const short = (texts: readonly string[]): Texts =>
  texts.length === 1 && texts[0] !== undefined ? texts[0] : texts;
