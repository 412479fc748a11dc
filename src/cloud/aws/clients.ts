import { resolve } from 'node:path';
import { GetCallerIdentityCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import {
  fromIni,
  fromNodeProviderChain,
  fromTemporaryCredentials,
  fromTokenFile,
} from '@aws-sdk/credential-providers';
import type { AwsPlace, AwsTopology } from '../../config/aws/topology.js';
import { UsageError } from '../../errors.js';
import { VERSION } from '../../version.js';
import { ask } from './aws-error.js';

/** Milliseconds. Somebody waits for the answer. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;
const MOST_ATTEMPTS = 4;

/** What every client of a place is made with. */
export type AwsClientConfig = Pick<
  STSClientConfig,
  'profile' | 'retryMode' | 'maxAttempts' | 'requestHandler' | 'customUserAgent'
> & { readonly region: string; readonly credentials: NonNullable<STSClientConfig['credentials']> };

/** The ways into the accounts of `tocsin.yaml`, each checked before anything else is asked there. */
export class AwsAccounts {
  private readonly checked = new Map<string, Promise<AwsClientConfig>>();

  constructor(
    private readonly topology: Pick<AwsTopology, 'base'>,
    /** Files that the configuration names lie below it. */
    private readonly folder: string,
  ) {}

  /**
   * @throws UsageError when the credentials are of another account than the configuration says
   * @throws AwsError when there are none, or when they are not valid
   */
  at(place: AwsPlace): Promise<AwsClientConfig> {
    const key = `${place.account} ${place.region}`;
    const known = this.checked.get(key);
    if (known !== undefined) return known;
    const check = this.check(place);
    this.checked.set(key, check);
    return check;
  }

  private async check(place: AwsPlace): Promise<AwsClientConfig> {
    const { profile } = place.credentials;
    const config = {
      region: place.region,
      ...(profile === undefined ? {} : { profile }),
      retryMode: 'standard',
      maxAttempts: MOST_ATTEMPTS,
      // Without throwOnRequestTimeout the client only logs that the time is over.
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: ANSWER_MS,
        throwOnRequestTimeout: true,
      },
      customUserAgent: [['tocsin', VERSION]],
    } satisfies STSClientConfig;
    const sts = new STSClient({ ...config, credentials: this.credentialsOf(place) });
    try {
      const { Account: accountId = 'none', Arn: arn = 'nobody' } = await ask(
        { action: 'sts:GetCallerIdentity', on: 'the caller', place },
        () => sts.send(new GetCallerIdentityCommand({})),
      );
      if (accountId !== place.accountId) throw wrongAccount(place, accountId, arn);
    } finally {
      sts.destroy();
    }
    // The checked client's own: a role is assumed once for all clients of the place.
    return { ...config, credentials: sts.config.credentials };
  }

  private credentialsOf({ region, credentials }: AwsPlace): NonNullable<STSClientConfig['credentials']> {
    const { profile, roleArn, externalId, webIdentityTokenFile } = credentials;
    const clientConfig = { region };
    if (roleArn !== undefined && webIdentityTokenFile !== undefined) {
      return fromTokenFile({
        ...{ roleArn, clientConfig, roleSessionName: this.topology.base },
        webIdentityTokenFile: resolve(this.folder, webIdentityTokenFile),
      });
    }
    const own =
      profile === undefined ? fromNodeProviderChain({ clientConfig }) : fromIni({ profile, clientConfig });
    if (roleArn === undefined) return own;
    return fromTemporaryCredentials({
      ...{ masterCredentials: own, clientConfig },
      params: {
        RoleArn: roleArn,
        RoleSessionName: this.topology.base,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      },
    });
  }
}

const wrongAccount = ({ account, accountId }: AwsPlace, seen: string, arn: string): UsageError =>
  new UsageError(
    'WRONG_ACCOUNT',
    `aws.accounts.${account}.id is ${accountId}, but the credentials for it are of the account ${seen} (${arn}).`,
    `Correct aws.accounts.${account}.credentials, or its id, or log in to ${accountId}.`,
  );
