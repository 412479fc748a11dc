import type { Statement } from '../../../config/aws/statement.js';
import { onlyIn, type Finding } from './finding.js';
import {
  plainStatement,
  plainStatements,
  type PlainCondition,
  type PlainStatement,
} from './policy-document.js';

export interface TrustSeen {
  /** The role's trust, as IAM hands it out. */
  readonly document: string;
  readonly detector: DetectorSeen;
}

/** The detector's role as it is now, with its unique id, `AROA…`; `unknown` where nobody may look. */
export type DetectorSeen = { readonly id: string } | 'missing' | 'unknown';

/**
 * IAM keeps unique ids, and shows one where the principal that it belonged to is gone: a role of the same name that was
 * made since is another one. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
const UNIQUE_ID = /^AWS (A[A-Z]{3}[A-Z0-9]{12,})$/;
const EXTERNAL_ID = 'StringEquals sts:externalid';

/** How the trust of a role differs from the statements that it was designed with. */
export function trustFindings(
  designed: readonly Statement[],
  { document, detector }: TrustSeen,
): readonly Finding[] {
  const found = plainStatements(document);
  if (found === undefined)
    return [{ problem: 'not-readable', says: 'the trust is no policy that can be read' }];
  const findings: Finding[] = [];
  const rest = new Set(found);
  for (const wanted of designed.map(plainStatement)) {
    const main = likest(wanted, [...rest]);
    if (main === undefined) findings.push(finding('statement', `the trust has no statement "${wanted.sid}"`));
    else {
      rest.delete(main);
      findings.push(...statementFindings(wanted, main, detector));
    }
  }
  return [...findings, ...[...rest].map(strayStatement)];
}

function statementFindings(
  wanted: PlainStatement,
  found: PlainStatement,
  detector: DetectorSeen,
): readonly Finding[] {
  return [
    ...principalFindings(wanted, found, detector),
    ...onlyIn(wanted.actions, found.actions).map((one) => finding('action', `it does not allow ${one}`)),
    ...onlyIn(found.actions, wanted.actions).map((one) => finding('action', `it allows ${one} too`)),
    ...conditionFindings(wanted.conditions, found.conditions),
  ];
}

const finding = (problem: Finding['problem'], says: string): Finding => ({ problem, says });

/** The statement that was meant: of the same name, else of the same principal, else the first that lets anybody in. */
function likest(wanted: PlainStatement, found: readonly PlainStatement[]): PlainStatement | undefined {
  const allowing = found.filter(({ effect }) => effect === 'Allow');
  return (
    allowing.find(({ sid }) => sid === wanted.sid) ??
    allowing.find(({ principals }) => wanted.principals.some((name) => principals.includes(name))) ??
    allowing[0]
  );
}

function* principalFindings(
  wanted: PlainStatement,
  main: PlainStatement,
  detector: DetectorSeen,
): Generator<Finding> {
  const others = onlyIn(main.principals, wanted.principals);
  const orphans = others.filter((name) => UNIQUE_ID.test(name)).map((name) => name.replace('AWS ', ''));
  const missing = onlyIn(wanted.principals, main.principals);
  for (const id of orphans) {
    const isDetector = missing.length > 0 && id.startsWith('AROA');
    yield {
      problem: isDetector ? 'detector-made-anew' : 'principal',
      says: isDetector
        ? `it trusts ${id}, what is left of a role that was deleted: the detector's role ${nowText(detector)}`
        : `it trusts ${id}, what is left of a user or role that was deleted`,
    };
  }
  // What was deleted says already why the other one is missing.
  if (!orphans.some((id) => id.startsWith('AROA')))
    for (const name of missing) yield finding('principal', `it does not trust ${bare(name)}`);
  for (const name of others.filter((one) => !UNIQUE_ID.test(one)))
    yield finding('principal', `it trusts ${bare(name)} too`);
}

const nowText = (detector: DetectorSeen): string =>
  detector === 'missing'
    ? 'is not there'
    : `was made again since${detector === 'unknown' ? '' : ` (it is ${detector.id} now)`}, and cannot take this role`;

function* conditionFindings(
  wanted: readonly PlainCondition[],
  found: readonly PlainCondition[],
): Generator<Finding> {
  for (const { about, values } of wanted) {
    const problem = about === EXTERNAL_ID ? 'external-id' : 'condition';
    const seen = found.find((one) => one.about === about);
    if (seen === undefined) yield finding(problem, `it lacks the condition ${about} ${listed(values)}`);
    else if (onlyIn(values, seen.values).length + onlyIn(seen.values, values).length > 0)
      yield { problem, says: `its condition ${about} is ${listed(seen.values)}, not ${listed(values)}` };
  }
  for (const { about, values } of found) {
    if (!wanted.some((one) => one.about === about))
      yield finding('condition', `it has the condition ${about} ${listed(values)}, which nobody designed`);
  }
}

const strayStatement = ({ sid, effect, principals, actions }: PlainStatement): Finding => ({
  problem: 'statement',
  says:
    `it has a statement ${sid === '' ? '' : `"${sid}" `}that nobody designed: ` +
    `${effect} ${actions.join(', ')} to ${principals.map(bare).join(', ')}`,
});

const bare = (name: string): string => name.replace(/^(not )?(?:AWS|Service|Federated|CanonicalUser) /, '$1');
const listed = (values: readonly string[]): string => values.map((value) => `"${value}"`).join(', ');
