import { policyStatement, type PolicyStatement, type Statement } from '../statement.js';

/** A policy in the form that IAM takes. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** Of a managed policy, white space left out. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const MOST_CHARACTERS = 6144;

/** Attached to one role, unless its quota was raised. From the same page. */
export const MOST_DOCUMENTS = 10;

/** Whether a role takes them. */
export const fitRole = (statements: readonly Statement[]): boolean =>
  statements.every(fits) && documentsOf(statements).length <= MOST_DOCUMENTS;

/**
 * As few policies as the statements fit into, in their order.
 * @throws Error for a statement about one resource that is longer than a policy
 */
export function documentsOf(statements: readonly Statement[]): readonly PolicyDocument[] {
  const documents: PolicyDocument[] = [];
  for (const statement of statements.flatMap(fitting).map(policyStatement)) {
    const last = documents.at(-1);
    const longer = last && policyOf([...last.Statement, statement]);
    if (longer !== undefined && charactersOf(longer) <= MOST_CHARACTERS) documents.splice(-1, 1, longer);
    else documents.push(policyOf([statement]));
  }
  return documents;
}

/** White space left out. */
export const charactersOf = (document: PolicyDocument): number => JSON.stringify(document).length;

/** Of these statements. */
export const policyOf = (statements: readonly PolicyStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

const hasRoom = (statement: Statement): boolean =>
  charactersOf(policyOf([policyStatement(statement)])) <= MOST_CHARACTERS;

/** Whether it can be put into policies, be it in parts, whose names are some letters longer. */
const fits = (statement: Statement): boolean =>
  (statement.resources ?? []).every((resource) =>
    hasRoom({ ...statement, sid: `${statement.sid}ABABABAB`, resources: [resource] }),
  );

/** A statement about more resources than a policy has room for becomes several. */
function fitting(statement: Statement): readonly Statement[] {
  const { resources = [], sid } = statement;
  if (hasRoom(statement)) return [statement];
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
