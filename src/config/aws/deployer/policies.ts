import type { AwsTopology } from '../topology.js';
import { documentsOf, type PolicyDocument } from './documents.js';
import { environmentGrants } from './environment.js';
import { STEPS, type Grant, type Step } from './grant.js';
import { grantsFor } from './grants.js';
import { madeBy, type StackFile } from './made.js';
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
 * What planning takes in each account, and what applying takes: exactly what is made there, by name. What `destroy`
 * leaves (buckets, their keys, the state table) cannot be deleted with it: whoever wants that gone does it by themselves.
 */
export function deployerPolicies(topology: AwsTopology, stacks: StackFiles): readonly DeployerPolicy[] {
  const made = Object.values(stacks).flatMap((stack) => madeBy(stack, topology));
  const environment = environmentGrants(topology, Object.keys(stacks));
  const accounts = Object.entries(topology.config.accounts).flatMap(([account, { id, credentials }]) => {
    const grants = made.filter(({ accountId }) => accountId === id).flatMap(grantsFor);
    if (grants.length === 0) return [];
    const isOfEnvironment = Object.keys(credentials).length === 0;
    return [{ account, isOfEnvironment, grants: isOfEnvironment ? [...grants, ...environment] : grants }];
  });
  return [
    ...accounts.flatMap(({ account, grants }) => policiesOf(account, grants)),
    ...(accounts.some(({ isOfEnvironment }) => isOfEnvironment) ? [] : policiesOf(undefined, environment)),
  ];
}

/** No account can be called so: names have no dots. */
const NO_ACCOUNT = 'environment.';

const policiesOf = (account: string | undefined, grants: readonly Grant[]): readonly DeployerPolicy[] =>
  STEPS.flatMap((step) => {
    const granted = grants.filter((grant) => step === 'apply' || grant.step === 'plan');
    const documents = documentsOf(statementsOf(granted));
    return documents.map((document, i) => ({
      file: `${account === undefined ? NO_ACCOUNT : `${account}-`}${step}${documents.length === 1 ? '' : `-${i + 1}`}.json`,
      ...{ account, step, document },
    }));
  });
