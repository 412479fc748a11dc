import type { PolicyDocument } from '../../src/config/aws/deployer/documents.js';
import type { PolicyStatement } from '../../src/config/aws/statement.js';

/** What IAM is asked about one call. */
export interface Asked {
  /** Such as `sqs:CreateQueue`. */
  readonly action: string;
  /** ARN; undefined where AWS knows no resource for the action. */
  readonly resource?: string;
  /** Keys of conditions with their values; a key that is not there is not known. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** Whether policies of an identity allow it: the part of IAM's language that the deployer's policies use. */
export const allows = (documents: readonly PolicyDocument[], asked: Asked): boolean =>
  documents.some(({ Statement }) => Statement.some((statement) => grants(statement, asked)));

const grants = ({ Effect, Action, Resource = [], Condition = {} }: PolicyStatement, asked: Asked): boolean =>
  Effect === 'Allow' &&
  list(Action).includes(asked.action) &&
  list(Resource).some((resource) => resource === '*' || isLike(resource, asked.resource ?? '')) &&
  Object.entries(Condition).every(([operator, tests]) =>
    Object.entries(tests).every(([key, values]) => holds(operator, list(values), asked.context[key])),
  );

type Compare = (wanted: string, seen: string) => boolean;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const COMPARE: Readonly<Record<string, Compare>> = {
  ArnEquals: isLike,
  Bool: (wanted, seen) => wanted === seen,
  NumericGreaterThanEquals: (wanted, seen) => Number(seen) >= Number(wanted),
  StringEquals: (wanted, seen) => wanted === seen,
  StringLike: isLike,
};

function holds(operator: string, wanted: readonly string[], seen: readonly string[] | undefined): boolean {
  const [, forAll = '', name = '', ifExists = ''] =
    /^(ForAllValues:)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
  if (seen === undefined) return forAll !== '' || ifExists !== '';
  const isNegated = name.includes('Not');
  const compare = COMPARE[name.replace('Not', '')];
  if (compare === undefined) throw new Error(`The condition operator ${operator} is not known here.`);
  const matches = (one: string): boolean => wanted.some((value) => compare(value, one)) !== isNegated;
  return forAll === '' ? seen.some(matches) : seen.every(matches);
}

function isLike(pattern: string, text: string): boolean {
  const parts = pattern.split(/([*?])/).map((part) => ({ '*': '.*', '?': '.' })[part] ?? escape(part));
  return new RegExp(`^${parts.join('')}$`, 's').test(text);
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const list = (texts: string | readonly string[]): readonly string[] =>
  typeof texts === 'string' ? [texts] : texts;
