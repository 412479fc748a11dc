import { condition, type Condition } from '../statement.js';
import { arnOf } from './arns.js';
import type { Made } from './made.js';
import type { UnboundAction } from './unbound.js';

/** `plan` reads; `apply` may do the same and make, change and delete. */
export type Step = 'plan' | 'apply';

export const STEPS: readonly Step[] = ['plan', 'apply'];

export interface Grant {
  readonly step: Step;
  /** Id of its statement. Grants of one family with the same conditions are written as one where they can be. */
  readonly family: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** For actions that name no resource: where they may be called. */
  readonly region?: string;
  readonly conditions?: readonly Condition[];
}

/** What is granted so that a resource can be planned and applied. */
export type Kind = (made: Made) => readonly Grant[];

/** Calls of AWS, as IAM calls them, in the order of a resource's life. */
export interface Life {
  /** Of a refresh. */
  readonly reads?: readonly string[];
  /** To make and to change it, tags included. */
  readonly writes?: readonly string[];
  /** To delete it: never granted for what `destroy` leaves. */
  readonly deletes?: readonly string[];
}

/**
 * A kind whose calls name their resource.
 * @param resources @default its ARN
 */
export const named =
  (
    family: string,
    { reads = [], writes = [], deletes = [] }: Life,
    resources: (made: Made) => readonly string[] = (made) => [arnOf(made)],
  ): Kind =>
  (made) => [
    { step: 'plan', family, actions: reads, resources: resources(made) },
    {
      step: 'apply',
      family,
      actions: made.isKept ? writes : [...writes, ...deletes],
      resources: resources(made),
    },
  ];

/** A kind that takes the grants of several. */
export const together =
  (...kinds: readonly Kind[]): Kind =>
  (made) =>
    kinds.flatMap((kind) => kind(made));

/** Actions without a resource: bound to the region, and to what conditions say. */
export const unbound = (
  made: Made,
  step: Step,
  family: string,
  actions: readonly UnboundAction[],
  ...conditions: readonly Condition[]
): Grant => ({ step, family, actions, resources: ['*'], region: made.region, conditions });

/** A role may be handed to one service, and to no other. */
export const passing = (roleArn: string, ...services: readonly string[]): Grant => ({
  step: 'apply',
  family: 'PassRoleTo' + nameOf(services[0] ?? ''),
  actions: ['iam:PassRole'],
  resources: [roleArn],
  conditions: [condition('StringEquals', 'iam:PassedToService', ...services)],
});

const nameOf = (service: string): string => {
  const [word = ''] = service.split('.');
  return word.charAt(0).toUpperCase() + word.slice(1);
};
