import { IAMClient } from '@aws-sdk/client-iam';
import {
  LONGEST_READER_SESSION,
  READER_POLICY,
  readerTrust,
  readingStatements,
} from '../../../config/aws/reader-policy.js';
import type { AwsPlace, AwsTopology, SourcePlan } from '../../../config/aws/topology.js';
import { AwsError } from '../aws-error.js';
import type { AwsAccounts } from '../clients.js';
import type { Finding } from './finding.js';
import { bucketKey, readerKey } from './log-key.js';
import { policyFindings } from './permissions.js';
import { readPolicies, readRole } from './role.js';
import { readerTrials, simulate } from './simulation.js';
import { trustFindings } from './trust.js';

/** Something that was held against the design. */
export interface Check {
  readonly check: 'role' | 'trust' | 'session' | 'boundary' | 'key' | 'policies' | 'simulation';
  readonly state: 'as designed' | 'differs' | 'not checked';
  readonly findings: readonly (Finding & { readonly fix: string })[];
  /** Why it was not checked. */
  readonly why?: { readonly says: string; readonly fix: string };
}

export interface RoleReport {
  /** `detector`, or the name of a source whose reader it is. */
  readonly of: string;
  readonly kind: 'detector' | 'reader';
  readonly arn: string;
  readonly account: string;
  readonly checks: readonly Check[];
}

export const isAsDesigned = ({ checks }: RoleReport): boolean =>
  checks.every(({ state }) => state === 'as designed');

/** Holds roles against their design. What is refused for lack of a permission is not checked, and told. */
export class Verification {
  private detectorRole: ReturnType<typeof readRole> | undefined;

  constructor(
    private readonly topology: AwsTopology,
    private readonly accounts: AwsAccounts,
  ) {}

  async detector(): Promise<RoleReport> {
    const { detector, stacks } = this.topology;
    const again = `Apply the stack ${stacks.detector}.`;
    const check = await checked('role', again, async () => {
      const found = await this.readDetector();
      return found === undefined ? [missing(detector.role.name)] : [];
    });
    return {
      ...{ of: 'detector', kind: 'detector', arn: detector.role.arn, account: detector.place.account },
      checks: [check],
    };
  }

  async reader(source: SourcePlan): Promise<RoleReport> {
    const { place, reader } = source;
    const report = { of: source.name, kind: 'reader', arn: reader.arn, account: place.account } as const;
    const client = new IAMClient(await this.accounts.at(place));
    try {
      return { ...report, checks: await this.readerChecks(client, source) };
    } finally {
      client.destroy();
    }
  }

  private async readerChecks(client: IAMClient, source: SourcePlan): Promise<readonly Check[]> {
    const { place, reader } = source;
    const again = `Apply the stack ${this.topology.stacks.source(source.name)} again.`;
    let role: Awaited<ReturnType<typeof readRole>>;
    const exists = await checked('role', again, async () => {
      role = await readRole(client, place, reader.name);
      return role === undefined ? [missing(reader.name)] : [];
    });
    if (role === undefined) return [exists];
    const { trust: document, longestSession, boundary } = role;
    const trust = await checked('trust', again, async () => {
      const detectorId = (await this.readDetector())?.id;
      return trustFindings([readerTrust(this.topology, source)], { document, detectorId });
    });
    const rest = [
      await checked('session', again, async () => sessionFindings(longestSession)),
      await checked('boundary', again, async () => boundaryFindings(this.boundaryOf(place), boundary)),
    ];
    return [exists, trust, ...rest, ...(await this.permissionChecks(client, source, again))];
  }

  private async permissionChecks(
    client: IAMClient,
    source: SourcePlan,
    again: string,
  ): Promise<readonly Check[]> {
    const { place, reader } = source;
    let kmsKeyArn: string | undefined;
    const key = await checked('key', again, async () => {
      const needed = readerKey(source, await bucketKey(await this.accounts.at(place), source));
      kmsKeyArn = needed.kmsKeyArn;
      return needed.findings;
    });
    // Without the key that it was made for, nobody can say what the policy should be.
    if (key.state === 'not checked' && !source.bucket.exists)
      return [key, { ...key, check: 'policies' }, { ...key, check: 'simulation' }];
    kmsKeyArn ??= source.bucket.kmsKeyArn;
    const statements = readingStatements(this.topology, source, kmsKeyArn);
    const policies = await checked('policies', again, async () =>
      policyFindings({ name: READER_POLICY, statements }, await readPolicies(client, place, reader.name)),
    );
    const simulation = await checked('simulation', again, () =>
      simulate(client, source, readerTrials(this.topology, source, kmsKeyArn)),
    );
    return [key, policies, simulation];
  }

  /** Asked once: every reader's trust is held against it. */
  private readDetector(): ReturnType<typeof readRole> {
    this.detectorRole ??= (async () => {
      const { place, role } = this.topology.detector;
      const client = new IAMClient(await this.accounts.at(place));
      try {
        return await readRole(client, place, role.name);
      } finally {
        client.destroy();
      }
    })();
    return this.detectorRole;
  }

  private boundaryOf({ accountId }: AwsPlace): string | undefined {
    const { permissionsBoundary } = this.topology.config;
    return permissionsBoundary === undefined
      ? undefined
      : `arn:${this.topology.partition}:iam::${accountId}:policy/${permissionsBoundary}`;
  }
}

async function checked(
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

const missing = (name: string): Finding => ({
  problem: 'role-missing',
  says: `there is no role ${name} (for some seconds after it was made, IAM may not know it everywhere)`,
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
