import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { PolicyDocument } from '../../src/config/aws/deployer/documents.js';
import { STEPS, type Step } from '../../src/config/aws/deployer/grant.js';
import { list } from '../stacks/deployer.js';
import type { AwsCall } from '../support/aws-calls.js';
import { askedFor } from '../support/iam-asked.js';
import { allows } from '../support/iam-policy.js';
import { MOTO_ACCOUNT } from '../support/moto.js';
import type { Deployment } from '../support/terraform-deployment.js';

/** What each step calls. Whoever applies may plan. */
export type Phase = 'plan' | 'apply' | 'destroy';

const PHASES: Readonly<Record<Step, readonly Phase[]>> = {
  plan: ['plan'],
  apply: ['plan', 'apply', 'destroy'],
};

const byHand = (what: string): string => `applying again repairs what somebody changed by hand: ${what}`;

/** Granted, though no run called it, and why. */
const NOT_CALLED: Readonly<Record<string, string>> = {
  'cloudtrail:GetEventSelectors': 'the emulator says of no trail that it has selectors of its own',
  'iam:UpdateRole': byHand('the longest session of a role'),
  'iam:UpdateRoleDescription': byHand('the description of a role'),
  'kms:EnableKey': byHand('a key that was disabled'),
  'kms:UpdateKeyDescription': byHand('the description of a key'),
  'lambda:DeleteFunctionConcurrency': byHand('a function that is allowed to run no more'),
  'logs:AssociateKmsKey': byHand('a log that lost its key'),
  'secretsmanager:UpdateSecret': byHand('the key of a secret'),
  'sns:SetSubscriptionAttributes': byHand('how a subscription delivers'),
};

/** The calls of one deployment, and the policies that were written for what was deployed meanwhile. */
export class Deployer {
  private readonly refused: string[] = [];
  private readonly called: Readonly<Record<Step, Set<string>>> = { plan: new Set(), apply: new Set() };
  private readonly granted: Readonly<Record<Step, Set<string>>> = { plan: new Set(), apply: new Set() };

  constructor(private readonly deployment: Deployment) {}

  /** Does something as whoever deploys, and judges what it calls by the policies as they are now. */
  async does<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const { result, calls } = await this.deployment.calls.during(work);
    const steps = STEPS.filter((step) => PHASES[step].includes(phase));
    for (const step of steps) this.judge(step, calls);
    return result;
  }

  /** What was called and is not allowed. */
  get refusals(): readonly string[] {
    return [...new Set(this.refused)];
  }

  /** What is allowed and was not called, by this one or others. */
  static uncalled(step: Step, deployers: readonly Deployer[]): readonly string[] {
    const called = new Set(deployers.flatMap((one) => [...one.called[step]]));
    const granted = new Set(deployers.flatMap((one) => [...one.granted[step]]));
    return [...granted].filter((action) => !called.has(action)).toSorted();
  }

  private judge(step: Step, calls: readonly AwsCall[]): void {
    const documents = this.documents(step);
    for (const { Action } of [...documents.values()].flat().flatMap(({ Statement }) => Statement))
      for (const action of list(Action)) this.granted[step].add(action);
    for (const call of calls)
      for (const asked of askedFor(call)) {
        this.called[step].add(asked.action);
        if (!allows(documents.get(call.account) ?? [], asked))
          this.refused.push(`${step} in ${call.account}: ${asked.action} of ${asked.resource ?? 'nothing'}`);
      }
  }

  /** By the id of the account. */
  private documents(step: Step): ReadonlyMap<string, readonly PolicyDocument[]> {
    const folder = join(this.deployment.folder, 'cdktf.out/deployer');
    const files = readdirSync(folder);
    const written = (pattern: RegExp): readonly PolicyDocument[] =>
      files
        .filter((file) => pattern.test(file))
        .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as PolicyDocument);
    const accounts = Object.entries(this.deployment.config.aws?.accounts ?? {});
    return new Map([
      [MOTO_ACCOUNT, written(new RegExp(`^environment\\.${step}(-\\d+)?\\.json$`))],
      ...accounts.map(
        ([name, { id }]) => [id, written(new RegExp(`^${name}-${step}(-\\d+)?\\.json$`))] as const,
      ),
    ]);
  }
}

/** Once everything was planned, applied, changed and destroyed. */
export function uncalledTests(deployers: () => readonly Deployer[]): void {
  test('planning is granted nothing that no plan called, but for a few with their reason', () => {
    expect(Deployer.uncalled('plan', deployers())).toEqual(['cloudtrail:GetEventSelectors']);
  });

  test('applying is granted nothing that nothing called, but for a few with their reason', () => {
    expect(Deployer.uncalled('apply', deployers())).toEqual(Object.keys(NOT_CALLED));
  });
}

interface Changeable {
  readonly aws: { readonly accounts: object; readonly detector: object };
  readonly sources: readonly [{ readonly name: string; readonly aws: object }];
}

/** A configuration in which everything is different that Terraform changes in place. */
export function changedEverywhere(
  config: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { aws, sources, ...rest } = config as unknown as Changeable;
  const [source] = sources;
  const [managementAccount] = Object.keys(aws.accounts);
  return {
    ...rest,
    aws: {
      ...aws,
      organization: { id: 'o-a1b2c3d4e5', managementAccount },
      tags: { department: 'security' },
      detector: {
        ...{ ...aws.detector, deletionProtection: false, logRetentionDays: 30, maximumConcurrency: 20 },
        ...{ memoryMb: 2048, reservedConcurrency: 21, sweepMinutes: 5, timeoutSeconds: 200 },
      },
      monitoring: { oldestMessageMinutes: 30 },
    },
    sources: [
      {
        ...{ ...source, silentAfter: '5h' },
        aws: { ...source.aws, trail: { organization: true, s3DataEvents: 'all' } },
      },
    ],
  };
}
