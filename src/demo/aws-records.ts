import type { JsonObject } from '../../detector/rule.js';
import { aws, type Person } from './company.js';
import { hourOf, seconds } from './event.js';
import { named, type Random } from './random.js';

/** Who calls: what CloudTrail writes about the caller of an event. */
export interface AwsCaller {
  readonly account: string;
  readonly ip: string;
  readonly userAgent: string;
  readonly identity: (at: Date) => JsonObject;
}

export interface AwsCall {
  /** Without `.amazonaws.com`. */
  readonly service: string;
  readonly name: string;
  /** @default the company's region */
  readonly region?: string;
  /** @default false */
  readonly readOnly?: boolean;
  /** A data event, such as reading an object. @default false */
  readonly data?: boolean;
  readonly request?: JsonObject;
  readonly response?: JsonObject;
  readonly resources?: readonly JsonObject[];
  readonly error?: { readonly code: string; readonly message: string };
  /** Fields that only this kind of event has, or has otherwise. */
  readonly more?: JsonObject;
}

const KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const key = (prefix: string, owner: string): string =>
  prefix + named(`key/${prefix}/${owner}`).text(16, KEY_ALPHABET);

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
export function cloudTrailEvent(rng: Random, at: Date, caller: AwsCaller, call: AwsCall): JsonObject {
  const host = `${call.service}.amazonaws.com`;
  const byService = caller.ip.endsWith('.amazonaws.com');
  const region = call.region ?? aws.region;
  return {
    eventVersion: '1.11',
    userIdentity: caller.identity(at),
    eventTime: seconds(at),
    eventSource: host,
    eventName: call.name,
    awsRegion: region,
    sourceIPAddress: caller.ip,
    userAgent: caller.userAgent,
    ...(call.error === undefined ? {} : { errorCode: call.error.code, errorMessage: call.error.message }),
    requestParameters: call.request ?? null,
    responseElements: call.response ?? null,
    requestID: rng.uuid(),
    eventID: rng.uuid(),
    readOnly: call.readOnly ?? false,
    ...(call.resources === undefined ? {} : { resources: call.resources }),
    eventType: 'AwsApiCall',
    managementEvent: call.data !== true,
    recipientAccountId: caller.account,
    eventCategory: call.data === true ? 'Data' : 'Management',
    ...(byService
      ? {}
      : {
          tlsDetails: {
            tlsVersion: 'TLSv1.3',
            cipherSuite: 'TLS_AES_128_GCM_SHA256',
            clientProvidedHostHeader: `${call.service}.${region}.amazonaws.com`,
          },
        }),
    ...call.more,
  };
}

/** A session of a role. Its credentials change every hour. */
export const role = (
  account: string,
  roleName: string,
  session: string,
  caller: Pick<AwsCaller, 'ip' | 'userAgent'>,
): AwsCaller => ({
  account,
  ...caller,
  identity: (at) => {
    const hour = seconds(hourOf(at));
    const roleId = key('AROA', roleName);
    const path = roleName.startsWith('AWSReservedSSO_') ? 'aws-reserved/sso.amazonaws.com/' : '';
    return {
      type: 'AssumedRole',
      principalId: `${roleId}:${session}`,
      arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${session}`,
      accountId: account,
      accessKeyId: key('ASIA', `${session}/${hour}`),
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: roleId,
          arn: `arn:aws:iam::${account}:role/${path}${roleName}`,
          accountId: account,
          userName: roleName,
        },
        attributes: { creationDate: hour, mfaAuthenticated: 'false' },
      },
    };
  },
});

/** Someone who signed in through IAM Identity Center. */
export const human = (account: string, { email, ip }: Person, userAgent: string): AwsCaller =>
  role(account, `AWSReservedSSO_Engineer_${named('sso').hex(16)}`, email, { ip, userAgent });

/** A service of AWS that acts on its own. */
export const service = (account: string, name: string): AwsCaller => {
  const host = `${name}.amazonaws.com`;
  return { account, ip: host, userAgent: host, identity: () => ({ type: 'AWSService', invokedBy: host }) };
};

/** @param longLived works with an access key of the user's; otherwise in the console */
export const iamUser = (
  account: string,
  userName: string,
  caller: Pick<AwsCaller, 'ip' | 'userAgent'>,
  longLived: boolean,
): AwsCaller => ({
  account,
  ...caller,
  identity: () => ({
    type: 'IAMUser',
    principalId: key('AIDA', userName),
    arn: `arn:aws:iam::${account}:user/${userName}`,
    accountId: account,
    ...(longLived ? { accessKeyId: key('AKIA', userName) } : {}),
    userName,
  }),
});

export const root = (account: string, caller: Pick<AwsCaller, 'ip' | 'userAgent'>): AwsCaller => ({
  account,
  ...caller,
  identity: () => ({
    type: 'Root',
    principalId: account,
    arn: `arn:aws:iam::${account}:root`,
    accountId: account,
    accessKeyId: '',
  }),
});

/** A sign-in to the console, which CloudTrail logs in a shape of its own. */
export const consoleLogin = (result: 'Success' | 'Failure', mfaUsed: boolean): AwsCall => ({
  service: 'signin',
  name: 'ConsoleLogin',
  response: { ConsoleLogin: result },
  more: {
    additionalEventData: {
      LoginTo: `https://console.aws.amazon.com/console/home?region=${aws.region}`,
      MobileVersion: 'No',
      MFAUsed: mfaUsed ? 'Yes' : 'No',
    },
    eventType: 'AwsConsoleSignIn',
    ...(result === 'Failure' ? { errorMessage: 'Failed authentication' } : {}),
  },
});

/** The object and the bucket that a data event of S3 names. */
export const s3Resources = (account: string, bucket: string, objectKey: string): readonly JsonObject[] => [
  { type: 'AWS::S3::Object', ARN: `arn:aws:s3:::${bucket}/${objectKey}` },
  { accountId: account, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${bucket}` },
];
