import { IAMClient } from '@aws-sdk/client-iam';
import { detectorTrust } from '../../../config/aws/detector-trust.js';
import { readerTrust } from '../../../config/aws/reader-policy.js';
import type { AwsPlace, AwsTopology, SourcePlan } from '../../../config/aws/topology.js';
import { AwsError } from '../aws-error.js';
import type { AwsAccounts } from '../clients.js';
import type { Check } from './check.js';
import { permissionChecks } from './permission-checks.js';
import { readRole, type RoleSeen } from './role.js';
import { roleChecks } from './role-checks.js';
import type { DetectorSeen } from './trust.js';

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

/** Holds the roles of a configuration against their design. */
export class Verification {
  private detectorRole: Promise<RoleSeen | undefined> | undefined;

  constructor(
    private readonly topology: AwsTopology,
    private readonly accounts: AwsAccounts,
  ) {}

  async detector(): Promise<RoleReport> {
    const { detector, stacks } = this.topology;
    const { place, role } = detector;
    const designed = {
      ...{ name: role.name, trust: detectorTrust(this.topology), boundary: this.boundaryIn(place) },
      again: `Apply the stack ${stacks.detector} again.`,
    };
    return {
      ...{ of: 'detector', kind: 'detector', arn: role.arn, account: place.account },
      checks: await roleChecks(
        designed,
        () => this.readDetector(),
        async () => 'unknown',
      ),
    };
  }

  async reader(source: SourcePlan): Promise<RoleReport> {
    const { name, place, reader } = source;
    const again = `Apply the stack ${this.topology.stacks.source(name)} again.`;
    const designed = {
      ...{ name: reader.name, trust: [readerTrust(this.topology, source)], again },
      boundary: this.boundaryIn(place),
    };
    const config = await this.accounts.at(place);
    const client = new IAMClient(config);
    try {
      const checks = await roleChecks(
        designed,
        () => readRole(client, place, reader.name),
        () => this.detectorSeen(),
      );
      const isThere = checks.length > 1;
      return {
        ...{ of: name, kind: 'reader', arn: reader.arn, account: place.account },
        checks: isThere
          ? [...checks, ...(await permissionChecks(this.topology, source, { client, config, again }))]
          : checks,
      };
    } finally {
      client.destroy();
    }
  }

  private async detectorSeen(): Promise<DetectorSeen> {
    try {
      const role = await this.readDetector();
      return role === undefined ? 'missing' : { id: role.id };
    } catch (error) {
      // Its trust can be compared all the same; that the detector is not looked at is told with the detector.
      if (error instanceof AwsError && error.problem === 'denied') return 'unknown';
      throw error;
    }
  }

  /** Asked once: every reader's trust is held against it. */
  private readDetector(): Promise<RoleSeen | undefined> {
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

  private boundaryIn({ accountId }: AwsPlace): string | undefined {
    const { config, partition } = this.topology;
    const { permissionsBoundary: name } = config;
    return name === undefined ? undefined : `arn:${partition}:iam::${accountId}:policy/${name}`;
  }
}
