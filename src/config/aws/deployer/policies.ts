import type { AwsTopology } from '../topology.js';
import { documentsOf, fitRole, type PolicyDocument } from './documents.js';
import { environmentGrants } from './environment.js';
import { STEPS, type Grant, type Step } from './grant.js';
import { grantsFor } from './grants.js';
import { madeBy, patternsOf, type StackFile } from './made.js';
import { statementsOf } from './statements.js';

/** A policy for whoever plans, or applies, in one account. */
export interface DeployerPolicy {
  /** Such as `security-apply-2.json`. */
  readonly file: string;
  /** Name of the account; undefined for credentials of an account that nothing is made in. */
  readonly account: string | undefined;
  readonly step: Step;
  readonly document: PolicyDocument;
}

/** Stacks by their names, each as its plain Terraform. */
export type StackFiles = Readonly<Record<string, StackFile>>;

/**
 * What planning takes in each account, and what applying takes: exactly what is made there, by name; where a role takes
 * no more policies, what is made for sources by the patterns of its names. What `destroy` leaves (buckets, their keys,
 * the state table) cannot be deleted with it: whoever wants that gone does it by themselves.
 */
export function deployerPolicies(topology: AwsTopology, stacks: StackFiles): readonly DeployerPolicy[] {
  const byName = granted(topology, stacks, false);
  const byPattern = granted(topology, stacks, true);
  return [...byName].flatMap(([account, grants]) =>
    STEPS.flatMap((step) => {
      const named = statementsOf(upTo(step, grants));
      const documents = documentsOf(
        fitRole(named) ? named : statementsOf(upTo(step, byPattern.get(account) ?? [])),
      );
      return documents.map((document, i) => ({
        file: `${account === undefined ? NO_ACCOUNT : `${account}-`}${step}${documents.length === 1 ? '' : `-${i + 1}`}.json`,
        ...{ account, step, document },
      }));
    }),
  );
}

/** No account can be called so: names have no dots. */
const NO_ACCOUNT = 'environment.';

const upTo = (step: Step, grants: readonly Grant[]): readonly Grant[] =>
  grants.filter((grant) => step === 'apply' || grant.step === 'plan');

/** By account; undefined: the credentials of the environment, where they are of none of them. */
function granted(
  topology: AwsTopology,
  stacks: StackFiles,
  isByPattern: boolean,
): ReadonlyMap<string | undefined, readonly Grant[]> {
  const made = Object.entries(stacks).flatMap(([name, stack]) =>
    madeBy(stack, topology, isByPattern ? patternsOf(topology, name) : undefined),
  );
  const { detector, source } = topology.stacks;
  const environment = environmentGrants(
    topology,
    isByPattern ? [detector, source('*')] : Object.keys(stacks),
  );
  const accounts = Object.entries(topology.config.accounts).flatMap(([account, { id, credentials }]) => {
    const grants = made.filter(({ accountId }) => accountId === id).flatMap(grantsFor);
    if (grants.length === 0) return [];
    const isOfEnvironment = Object.keys(credentials).length === 0;
    return [{ account, isOfEnvironment, grants: isOfEnvironment ? [...grants, ...environment] : grants }];
  });
  return new Map<string | undefined, readonly Grant[]>([
    ...accounts.map(({ account, grants }) => [account, grants] as const),
    ...(accounts.some(({ isOfEnvironment }) => isOfEnvironment) ? [] : [[undefined, environment] as const]),
  ]);
}
