import type { JsonObject } from '../../detector/rule.js';
import { azure } from './company.js';
import { decimals } from './event.js';
import type { AzureCaller } from './azure-records.js';
import { named, type Random } from './random.js';

export type SignInCategory =
  'SignInLogs' | 'NonInteractiveUserSignInLogs' | 'ServicePrincipalSignInLogs' | 'ManagedIdentitySignInLogs';

export interface SignIn {
  /** @default SignInLogs */
  readonly category?: SignInCategory;
  readonly app: { readonly id: string; readonly name: string };
  readonly resource: { readonly id: string; readonly name: string };
  readonly userAgent?: string;
  /** @default Browser */
  readonly client?: string;
  /** @default success */
  readonly error?: { readonly code: number; readonly reason: string };
  /** @default a session of its own */
  readonly sessionId?: string;
  /** @default none */
  readonly protocol?: string;
  /** Whether a second factor was asked for. @default true for users */
  readonly mfa?: boolean;
  readonly location?: { readonly city: string; readonly country: string };
}

/** What the cloud reads out of the user agents that the samples have. */
const device = (userAgent: string): JsonObject => {
  const firefox = /Firefox\/([\d.]+)/.exec(userAgent)?.[1];
  if (firefox !== undefined) return { deviceId: '', operatingSystem: 'Linux', browser: `Firefox ${firefox}` };
  const edge = /Edg\/([\d.]+)/.exec(userAgent)?.[1];
  if (edge !== undefined) return { deviceId: '', operatingSystem: 'Windows 11', browser: `Edge ${edge}` };
  return { deviceId: '', operatingSystem: '', browser: '' };
};

const HOME = { city: 'Utrecht', country: 'NL' };

/** https://learn.microsoft.com/azure/azure-monitor/reference/tables/signinlogs */
export function signInRecord(rng: Random, at: Date, caller: AzureCaller, signIn: SignIn): JsonObject {
  const category = signIn.category ?? 'SignInLogs';
  const time = decimals(rng, at, 7);
  const correlationId = rng.uuid();
  const { error } = signIn;
  const ok = error === undefined;
  const isUser = caller.email !== undefined;
  const { city, country } = signIn.location ?? HOME;
  return {
    time,
    resourceId: `/tenants/${azure.tenant}/providers/Microsoft.aadiam`,
    operationName: 'Sign-in activity',
    operationVersion: '1.0',
    category,
    tenantId: azure.tenant,
    resultType: String(error?.code ?? 0),
    resultSignature: ok ? 'SUCCESS' : 'None',
    ...(ok ? {} : { resultDescription: error.reason }),
    durationMs: 0,
    callerIpAddress: caller.ip,
    correlationId,
    identity: caller.name,
    Level: 4,
    location: country,
    properties: {
      id: rng.uuid(),
      createdDateTime: time,
      correlationId,
      ...(isUser
        ? {
            userDisplayName: caller.name,
            userPrincipalName: caller.email,
            userId: caller.id,
            userType: 'Member',
            isInteractive: category === 'SignInLogs',
            sessionId: signIn.sessionId ?? rng.uuid(),
            userAgent: signIn.userAgent ?? '',
            clientAppUsed: signIn.client ?? 'Browser',
            authenticationRequirement:
              signIn.mfa === false ? 'singleFactorAuthentication' : 'multiFactorAuthentication',
            riskDetail: 'none',
            riskLevelAggregated: 'none',
            riskLevelDuringSignIn: 'none',
            riskState: 'none',
            riskEventTypes: [],
          }
        : { servicePrincipalId: caller.id, servicePrincipalName: caller.name }),
      ipAddress: caller.ip,
      appId: signIn.app.id,
      appDisplayName: signIn.app.name,
      resourceId: signIn.resource.id,
      resourceDisplayName: signIn.resource.name,
      authenticationProtocol: signIn.protocol ?? 'none',
      conditionalAccessStatus: ok ? 'success' : 'notApplied',
      status: {
        errorCode: error?.code ?? 0,
        ...(ok ? {} : { failureReason: error.reason }),
        additionalDetails: ok && isUser && signIn.mfa !== false ? 'MFA completed in Azure AD' : null,
      },
      deviceDetail: device(signIn.userAgent ?? ''),
      location: { city, state: '', countryOrRegion: country, geoCoordinates: {} },
      autonomousSystemNumber: named(`asn/${caller.ip}`).int(1_000, 60_000),
      tokenIssuerType: 'AzureAD',
      uniqueTokenIdentifier: rng.hex(22),
    },
  };
}
