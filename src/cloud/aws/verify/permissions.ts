import type { Statement } from '../../../config/aws/statement.js';
import { onlyIn, type Finding } from './finding.js';
import { plainStatement, plainStatements, type PlainStatement } from './policy-document.js';

export interface InlinePolicy {
  readonly name: string;
  readonly document: string;
}

export interface PoliciesSeen {
  /** Policies inside of the role. */
  readonly inline: readonly InlinePolicy[];
  /** ARNs of policies that are attached to it. */
  readonly attached: readonly string[];
}

export interface DesignedPolicy {
  readonly name: string;
  readonly statements: readonly Statement[];
}

/** How the policies of a role differ from the one that it was designed with. */
export function policyFindings(
  designed: DesignedPolicy,
  { inline, attached }: PoliciesSeen,
): readonly Finding[] {
  const own = inline.find(({ name }) => name === designed.name);
  return [
    ...(own === undefined
      ? [{ problem: 'policy' as const, says: `its policy "${designed.name}" is missing` }]
      : statementFindings(designed, own)),
    ...inline
      .filter((one) => one !== own)
      .map(({ name }): Finding => ({
        problem: 'policy',
        says: `it has a policy "${name}" that nobody designed`,
      })),
    ...attached.map((arn): Finding => ({
      problem: 'policy',
      says: `the policy ${arn} is attached to it, and nobody designed that`,
      fix: 'Detach the policy, unless you know why it is there.',
    })),
  ];
}

function statementFindings(designed: DesignedPolicy, own: InlinePolicy): readonly Finding[] {
  const found = plainStatements(own.document);
  if (found === undefined)
    return [{ problem: 'not-readable', says: `its policy "${own.name}" is no policy that can be read` }];
  const wanted = designed.statements.map(plainStatement);
  return [
    ...wanted.flatMap((one) => {
      const same = found.find(({ sid }) => sid === one.sid);
      return same === undefined
        ? [statement(own.name, one.sid, 'is missing')]
        : differences(one, same).map((what) => statement(own.name, one.sid, what));
    }),
    ...found
      .filter(({ sid }) => !wanted.some((one) => one.sid === sid))
      .map(({ sid, effect, actions, resources }) =>
        statement(
          own.name,
          sid,
          `was designed by nobody: ${effect} ${actions.join(', ')} on ${resources.join(', ')}`,
        ),
      ),
  ];
}

const statement = (policy: string, sid: string, what: string): Finding => ({
  problem: 'statement',
  says: `in its policy "${policy}", ${sid === '' ? 'a statement without a name' : `the statement "${sid}"`} ${what}`,
});

function differences(wanted: PlainStatement, found: PlainStatement): readonly string[] {
  const conditions = ({ conditions: all }: PlainStatement): readonly string[] =>
    all.map(({ about, values }) => `${about} ${values.map((value) => `"${value}"`).join(', ')}`);
  const compared = [
    ['actions', wanted.actions, found.actions],
    ['resources', wanted.resources, found.resources],
    ['conditions', conditions(wanted), conditions(found)],
  ] as const;
  return [
    ...(wanted.effect === found.effect ? [] : [`says ${found.effect}, not ${wanted.effect}`]),
    ...compared.flatMap(([what, these, those]) => [
      ...phrase(`lacks the ${what}`, onlyIn(these, those)),
      ...phrase(`has the ${what} too:`, onlyIn(those, these)),
    ]),
  ];
}

const phrase = (what: string, list: readonly string[]): readonly string[] =>
  list.length === 0 ? [] : [`${what} ${list.join('; ')}`];
