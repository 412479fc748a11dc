import { fromTemporaryCredentials, fromTokenFile } from '@aws-sdk/credential-providers';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { STSClientConfig } from '@aws-sdk/client-sts';
import { errorOf } from './error-of.js';
import { RoleError } from './role-error.js';

/** An assumed role that assumes another has an hour at most (docs.aws.amazon.com, "Role chaining"). */
const MOST_SECONDS = 3600;
const LONGEST_SESSION_NAME = 64;

/** Gives credentials, new ones each time; a client keeps them until five minutes before they expire. */
export type Credentials = Extract<NonNullable<S3ClientConfig['credentials']>, (...args: never[]) => unknown>;

export interface RoleOptions {
  readonly roleArn: string;
  /** Region whose STS is asked: a global endpoint would be another region's outage. */
  readonly region: string;
  /** Who assumes it, as CloudTrail shows it. Other characters than STS allows are replaced. @default tocsin */
  readonly sessionName?: string;
  /** What the role's trust policy expects beside the principal. Not used with a token. */
  readonly externalId?: string;
  /**
   * A file with an OIDC token that the role trusts, for a detector outside of AWS; read again for every session.
   * Without one, the role is assumed by the credentials that the machine has.
   */
  readonly tokenFile?: string;
  /** Seconds that a session lasts: 900 to 3600. @default 3600 */
  readonly durationSeconds?: number;
  /** More of the client that asks STS, such as an endpoint. */
  readonly sts?: STSClientConfig;
}

/**
 * Credentials of a role, by AssumeRole or AssumeRoleWithWebIdentity at the STS of the region.
 * @returns a provider that throws RoleError
 */
export function roleCredentials(options: RoleOptions): Credentials {
  const { roleArn, tokenFile } = options;
  const provider = tokenFile === undefined ? byPrincipal(options) : byToken(options, tokenFile);
  return async (properties) => {
    try {
      return await provider(properties);
    } catch (error) {
      throw new RoleError(roleArn, errorOf(error), tokenFile !== undefined);
    }
  };
}

const byPrincipal = (options: RoleOptions): Credentials =>
  fromTemporaryCredentials({
    params: {
      RoleArn: options.roleArn,
      RoleSessionName: sessionNameOf(options),
      DurationSeconds: secondsOf(options),
      ...(options.externalId === undefined ? {} : { ExternalId: options.externalId }),
    },
    clientConfig: { ...options.sts, region: options.region },
  });

const byToken = (options: RoleOptions, webIdentityTokenFile: string): Credentials =>
  fromTokenFile({
    webIdentityTokenFile,
    roleArn: options.roleArn,
    roleSessionName: sessionNameOf(options),
    durationSeconds: secondsOf(options),
    clientConfig: { ...options.sts, region: options.region },
  });

const secondsOf = ({ durationSeconds = MOST_SECONDS }: RoleOptions): number =>
  Math.min(durationSeconds, MOST_SECONDS);

const sessionNameOf = ({ sessionName = 'tocsin' }: RoleOptions): string =>
  sessionName.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, LONGEST_SESSION_NAME);
