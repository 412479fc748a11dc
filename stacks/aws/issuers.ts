import { IamOpenidConnectProvider } from '@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js';
import { Construct } from 'constructs';
import type { AwsPlace } from '../../src/config/aws/topology.js';
import type { AwsStack } from './aws-stack.js';

export interface IssuersProps {
  readonly issuer: string;
  readonly audience: string;
}

/**
 * Makes the issuer of a detector outside of AWS known to every account with a role that it takes. An account knows an
 * issuer once, so that all are made here and none by the sources.
 */
export class Issuers extends Construct {
  /** As the detector's account knows it. */
  readonly arn: string;

  constructor(scope: Construct, id: string, stack: AwsStack, { issuer, audience }: IssuersProps) {
    super(scope, id);
    const { detector, sources } = stack.topology;
    const places = new Map<string, AwsPlace>();
    for (const place of [detector.place, ...sources.map((source) => source.place)])
      if (!places.has(place.accountId)) places.set(place.accountId, place);
    const [arn = ''] = [...places.values()].map(
      (place) =>
        new IamOpenidConnectProvider(this, place.account, {
          ...stack.at(place),
          url: issuer,
          clientIdList: [audience],
        }).arn,
    );
    this.arn = arn;
  }
}
