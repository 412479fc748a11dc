import type { AwsTopology } from './topology.js';

/** The issuer of a detector outside of AWS, as an account knows it. */
export const issuerArnIn = ({ partition, detector }: AwsTopology, accountId: string): string =>
  `arn:${partition}:iam::${accountId}:oidc-provider/${issuerHost(detector.config.oidc?.issuer ?? '')}`;

/** What keys of conditions on its tokens begin with. */
export const issuerHost = (issuer: string): string => issuer.replace(/^https:\/\//, '');
