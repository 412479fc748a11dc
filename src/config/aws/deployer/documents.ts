import { policyStatement, type PolicyStatement, type Statement } from '../statement.js';

/** A policy as IAM takes it. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** Of a managed policy, white space left out. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const MOST_CHARACTERS = 6144;

/** As few policies as the statements fit into, in their order. */
export function documentsOf(statements: readonly Statement[]): readonly PolicyDocument[] {
  const documents: PolicyDocument[] = [];
  for (const statement of statements.flatMap(fitting).map(policyStatement)) {
    const last = documents.at(-1);
    const longer = last && policy([...last.Statement, statement]);
    if (longer !== undefined && charactersOf(longer) <= MOST_CHARACTERS) documents.splice(-1, 1, longer);
    else documents.push(policy([statement]));
  }
  return documents;
}

export const charactersOf = (document: PolicyDocument): number => JSON.stringify(document).length;

const policy = (statements: readonly PolicyStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

/** A statement about more resources than a policy has room for becomes several. */
function fitting(statement: Statement): readonly Statement[] {
  const { resources = [], sid } = statement;
  if (charactersOf(policy([policyStatement(statement)])) <= MOST_CHARACTERS) return [statement];
  if (resources.length < 2)
    throw new Error(
      `The statement ${sid} of a deployer's policy has more than ${MOST_CHARACTERS} characters.`,
    );
  const half = Math.ceil(resources.length / 2);
  return [
    ...fitting({ ...statement, sid: `${sid}A`, resources: resources.slice(0, half) }),
    ...fitting({ ...statement, sid: `${sid}B`, resources: resources.slice(half) }),
  ];
}
