import { KmsKey } from '@cdktf/provider-aws/lib/kms-key/index.js';
import { Construct } from 'constructs';
import { fitted, type AwsPlace } from '../../src/config/aws/topology.js';
import type { At, AwsStack } from './aws-stack.js';
import { ChangeRule } from './changes-rule.js';
import { keys, watch, type Watched } from './changes-watched.js';
import { OperationsTopic } from './operations-topic.js';
import { samePlace } from './place.js';

export interface Change {
  /** Where the calls happen. */
  readonly place: AwsPlace;
  readonly watched: Watched;
}

export interface ChangesProps {
  /** What the names of rules begin with. */
  readonly base: string;
  /** Tells people where the detector's topic is out of reach. */
  readonly topicName: string;
  readonly changes: readonly Change[];
}

const LONGEST_RULE_NAME = 64;

/**
 * Reports changes of what the stack has made, its keys included, so that it comes last in a stack. Rules see the calls
 * of their own account and region alone and reach topics there alone: everywhere else than beside the detector, people
 * are told by a topic of the same kind.
 */
export class Changes extends Construct {
  constructor(scope: Construct, id: string, stack: AwsStack, { base, topicName, changes }: ChangesProps) {
    super(scope, id);
    const { place: home, operationsTopic } = stack.topology.detector;
    for (const place of placesOf(changes)) {
      const here = new Construct(this, `${place.account}-${place.region}`);
      const atHome = samePlace(place, home);
      const topicArn = atHome
        ? operationsTopic.arn
        : new OperationsTopic(here, 'operations', stack, { place, name: topicName }).arn;
      const keyArns = keysIn(stack, stack.at(place));
      const all = [
        ...changes.filter((change) => samePlace(change.place, place)).map(({ watched }) => watched),
        ...(keyArns.length === 0 ? [] : [keys(keyArns)]),
        ...(atHome ? [] : [watch(stack.topology.base, topicArn)]),
      ];
      for (const watched of all)
        new ChangeRule(here, watched.id, stack, {
          ...{ place, watched, topicArn, name: fitted(`${base}-${watched.id}`, LONGEST_RULE_NAME) },
        });
    }
  }
}

const placesOf = (changes: readonly Change[]): readonly AwsPlace[] => {
  const places: AwsPlace[] = [];
  for (const { place } of changes) if (!places.some((one) => samePlace(one, place))) places.push(place);
  return places;
};

/** Of all keys that the stack has made by now. */
const keysIn = (stack: AwsStack, { provider }: At): readonly string[] =>
  stack.node
    .findAll()
    .filter((one): one is KmsKey => one instanceof KmsKey && one.provider === provider)
    .map(({ arn }) => arn);
