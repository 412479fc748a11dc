import type { Construct } from 'constructs';
import { issuerArnIn } from '../../src/config/aws/issuer.js';
import type { AwsTopology, SourcePlan } from '../../src/config/aws/topology.js';
import { accountOf, regionOf } from './arn.js';
import type { AwsStack } from './aws-stack.js';
import { Changes, type Change } from './changes.js';
import { bucket, organization, queues, roles, subscription, topic, trail } from './changes-watched.js';
import { placeOfIam, placeOfOrganization } from './place.js';

export interface ChangeAlarmsProps {
  readonly source: SourcePlan;
}

/** Tells people when somebody changes what one source's logs depend on. Made last in the source's stack. */
export class ChangeAlarms extends Changes {
  constructor(scope: Construct, id: string, stack: AwsStack, { source }: ChangeAlarmsProps) {
    super(scope, id, stack, {
      base: source.base,
      topicName: `${source.base}-changes`,
      changes: [...changesOf(stack.topology, source)],
    });
  }
}

function* changesOf(topology: AwsTopology, source: SourcePlan): Generator<Change> {
  const { place, announcer, reader } = source;
  const { place: home, config } = topology.detector;
  if (source.trail !== undefined) {
    yield { place: source.trail.place, watched: trail(source.trail) };
    const management = placeOfOrganization(topology);
    if (source.trail.organization && management !== undefined)
      yield { place: management, watched: organization(source.trail) };
  }
  yield { place, watched: bucket(source.bucket) };
  if (announcer.kind !== 'eventbridge') {
    const { arn } = announcer.topic;
    const owner = [place, source.trail?.place, home].find((one) => one?.accountId === accountOf(arn));
    if (owner !== undefined)
      yield { place: { ...owner, region: regionOf(arn) }, watched: topic(announcer.topic) };
    // The queue's owner subscribes, in the region of the topic.
    yield { place: { ...home, region: regionOf(arn) }, watched: subscription(announcer.topic) };
  }
  yield { place: home, watched: queues(home.accountId, [source.queue.name, source.deadLetters.name]) };
  // Roles of the detector's account are all watched by the detector's stack.
  if (place.accountId !== home.accountId)
    yield {
      place: placeOfIam(topology, place),
      watched: roles([reader.name], config.oidc && issuerArnIn(topology, place.accountId)),
    };
}
