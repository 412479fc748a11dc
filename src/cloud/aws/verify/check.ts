import { AwsError } from '../aws-error.js';
import type { Finding } from './finding.js';

/** Something that was held against the design. */
export interface Check {
  readonly check: 'role' | 'trust' | 'session' | 'boundary' | 'key' | 'policies' | 'simulation';
  readonly state: 'as designed' | 'differs' | 'not checked';
  readonly findings: readonly (Finding & { readonly fix: string })[];
  /** Why it was not checked. */
  readonly why?: { readonly says: string; readonly fix: string };
}

/**
 * What is refused for lack of a permission is not checked, and told; other failures end the command.
 * @param again what to do where a finding says nothing else: apply a stack
 */
export async function checked(
  check: Check['check'],
  again: string,
  findingsOf: () => Promise<readonly Finding[]>,
): Promise<Check> {
  try {
    const findings = (await findingsOf()).map((finding) => ({ fix: again, ...finding }));
    return { check, state: findings.length === 0 ? 'as designed' : 'differs', findings };
  } catch (error) {
    if (!(error instanceof AwsError && error.problem === 'denied')) throw error;
    return { check, state: 'not checked', findings: [], why: { says: error.message, fix: error.fix } };
  }
}
