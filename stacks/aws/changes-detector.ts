import type { Construct } from 'constructs';
import { issuerArnIn } from '../../src/config/aws/issuer.js';
import type { AwsStack } from './aws-stack.js';
import { Changes, type Change } from './changes.js';
import { detectorFunction, roles, secrets, table, watch } from './changes-watched.js';
import { placeOfIam } from './place.js';

/** Tells people when somebody changes the detector, or what watches it. Made last in the detector's stack. */
export class DetectorChanges extends Changes {
  constructor(scope: Construct, id: string, stack: AwsStack) {
    const { base, partition, detector } = stack.topology;
    const { place, config, operationsTopic } = detector;
    const allSecrets = `arn:${partition}:secretsmanager:${place.region}:${place.accountId}:secret:`;
    const issuer = config.oidc && issuerArnIn(stack.topology, place.accountId);
    const changes: readonly Change[] = [
      ...(config.runtime === 'lambda' ? [{ place, watched: detectorFunction(detector.function) }] : []),
      { place, watched: table(detector.table) },
      ...(detector.secrets.length === 0 ? [] : [{ place, watched: secrets(allSecrets, base) }]),
      { place, watched: watch(base, operationsTopic.arn) },
      // All of the account: the readers' too that are beside the detector.
      { place: placeOfIam(stack.topology, place), watched: roles([`${base}-`], issuer) },
    ];
    super(scope, id, stack, { base, topicName: operationsTopic.name, changes });
  }
}
