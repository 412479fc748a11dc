import { LONGEST_READER_SESSION } from '../../../config/aws/reader-policy.js';
import type { Statement } from '../../../config/aws/statement.js';
import { checked, type Check } from './check.js';
import type { Finding } from './finding.js';
import type { RoleSeen } from './role.js';
import { trustFindings, type DetectorSeen } from './trust.js';

export interface DesignedRole {
  readonly name: string;
  readonly trust: readonly Statement[];
  /** ARN of the policy that bounds it; undefined where none was asked for. */
  readonly boundary: string | undefined;
  /** What mends it. */
  readonly again: string;
}

/**
 * Who may take a role, for how long, and within which bounds.
 * @param read the role as it is
 * @param detector the detector's role, which only its unique id tells from one of before
 */
export async function roleChecks(
  { name, trust, boundary, again }: DesignedRole,
  read: () => Promise<RoleSeen | undefined>,
  detector: () => Promise<DetectorSeen>,
): Promise<readonly Check[]> {
  let role: RoleSeen | undefined;
  const exists = await checked('role', again, async () => {
    role = await read();
    return role === undefined ? [missing(name)] : [];
  });
  if (role === undefined) return [exists];
  const { trust: document, longestSession, boundary: seen } = role;
  return [
    exists,
    await checked('trust', again, async () => trustFindings(trust, { document, detector: await detector() })),
    await checked('session', again, async () => sessionFindings(longestSession)),
    await checked('boundary', again, async () => boundaryFindings(boundary, seen)),
  ];
}

const missing = (name: string): Finding => ({
  problem: 'role-missing',
  says: `there is no role ${name} (IAM may take some seconds to show a new one)`,
});

const sessionFindings = (seconds: number): readonly Finding[] =>
  seconds <= LONGEST_READER_SESSION
    ? []
    : [
        {
          problem: 'session',
          says: `its sessions may last ${seconds} seconds, not ${LONGEST_READER_SESSION} at most`,
        },
      ];

/** A boundary that nobody asked for is the organisation's business: it can only take away. */
const boundaryFindings = (wanted: string | undefined, seen: string | undefined): readonly Finding[] =>
  wanted === undefined || wanted === seen
    ? []
    : [{ problem: 'boundary', says: `it is bounded by ${seen ?? 'nothing'}, not by ${wanted}` }];
