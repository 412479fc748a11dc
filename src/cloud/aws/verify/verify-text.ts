import type { Output } from '../../../command.js';
import { palette } from '../../../output/colors.js';
import { plural } from '../../../output/numbers.js';
import { terminalText } from '../../../output/terminal-text.js';
import type { Check } from './check.js';
import { isAsDesigned, type RoleReport } from './verify.js';

const LABEL = 12;

/** A role and what was held against its design, for people. Names out of policies do nothing to the terminal. */
export function reportText(report: RoleReport, out: Output): string {
  const { bold, dim } = palette(out);
  const { kind, of, account, arn, checks } = report;
  const head = kind === 'detector' ? 'detector' : `reader of ${of}`;
  return (
    `${bold(terminalText(head))}  ${dim(terminalText(`${account}  ${arn}`))}\n` +
    checks.map((check) => checkText(check, out)).join('')
  );
}

function checkText({ check, state, findings, why }: Check, out: Output): string {
  const { dim, green, red, yellow } = palette(out);
  const paint = state === 'as designed' ? green : state === 'differs' ? red : yellow;
  const told = why === undefined ? findings : [why];
  const lines = told.flatMap(({ says, fix }) => [
    `${' '.repeat(LABEL + 2)}${terminalText(says)}\n`,
    `${' '.repeat(LABEL + 2)}${dim(`→ ${terminalText(fix)}`)}\n`,
  ]);
  return `  ${check.padEnd(LABEL)}${paint(state)}\n${lines.join('')}`;
}

const SIMULATION =
  "The simulation asks IAM about the role's own policies, its boundary and the organisation's; it does not see the " +
  'policies of the bucket and of the key.';

export const summaryJson = (reports: readonly RoleReport[]) => ({
  roles: reports.length,
  asDesigned: reports.filter(isAsDesigned).length,
  simulation: SIMULATION,
});

export function summaryText(reports: readonly RoleReport[]): string {
  const { roles, asDesigned } = summaryJson(reports);
  const rest = roles - asDesigned;
  return (
    `${plural(roles, 'role')}: ${rest === 0 ? 'all as designed' : `${asDesigned} as designed, ${rest} not`}.\n` +
    `${SIMULATION}\n`
  );
}
