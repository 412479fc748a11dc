import { issuerArnIn, issuerHost } from './issuer.js';
import { serviceDomain } from './service-domain.js';
import { condition, type Statement } from './statement.js';
import type { AwsTopology, SourcePlan } from './topology.js';

/** Seconds: the shortest limit that IAM allows, and the longest that a session of a reader lasts. */
export const LONGEST_READER_SESSION = 3600;

/** The one policy that a reader has, inside of the role. */
export const READER_POLICY = 'read-logs';

/**
 * Who may take the reader's role: the detector's role itself; outside of AWS there is none, and the tokens of its
 * issuer stand for it.
 */
export function readerTrust(topology: AwsTopology, source: SourcePlan): Statement {
  const { detector, config } = topology;
  const { oidc } = detector.config;
  if (oidc === undefined) {
    return {
      sid: 'DetectorOnly',
      actions: ['sts:AssumeRole'],
      principals: [{ arn: detector.role.arn }],
      conditions: [
        condition('StringEquals', 'sts:ExternalId', source.reader.externalId),
        config.organization === undefined
          ? condition('StringEquals', 'aws:PrincipalAccount', detector.place.accountId)
          : condition('StringEquals', 'aws:PrincipalOrgID', config.organization.id),
      ],
    };
  }
  const host = issuerHost(oidc.issuer);
  return {
    sid: 'DetectorOnly',
    actions: ['sts:AssumeRoleWithWebIdentity'],
    principals: [{ federated: issuerArnIn(topology, source.place.accountId) }],
    conditions: [
      condition('StringEquals', `${host}:aud`, oidc.audience),
      condition('StringEquals', `${host}:sub`, oidc.subject),
    ],
  };
}

/**
 * What the reader may do: list and read below the source's prefixes, and decrypt what it reads there.
 * @param kmsKeyArn key of the logs; none where they are not encrypted with one
 */
export function readingStatements(
  topology: AwsTopology,
  { bucket, keyPrefixes, place }: SourcePlan,
  kmsKeyArn: string | undefined,
): readonly Statement[] {
  return [
    {
      sid: 'ListLogs',
      actions: ['s3:ListBucket'],
      resources: [bucket.arn],
      conditions: [condition('StringLike', 's3:prefix', ...keyPrefixes.map((prefix) => `${prefix}*`))],
    },
    {
      sid: 'ReadLogs',
      actions: ['s3:GetObject'],
      resources: keyPrefixes.map((prefix) => `${bucket.arn}/${prefix}*`),
    },
    ...(kmsKeyArn === undefined
      ? []
      : [
          {
            sid: 'DecryptLogsThroughS3',
            actions: ['kms:Decrypt'],
            resources: [kmsKeyArn],
            conditions: [condition('StringEquals', 'kms:ViaService', s3Service(topology, place.region))],
          },
        ]),
  ];
}

/** S3 of a region, as KMS names the service that asks. */
export const s3Service = ({ partition }: Pick<AwsTopology, 'partition'>, region: string): string =>
  `s3.${region}.${serviceDomain(partition)}`;
