import type { JsonObject } from '../../detector/rule.js';
import { azure } from './company.js';
import { decimals, later } from './event.js';
import { named, type Random } from './random.js';

/** Who acts in a directory or a subscription. */
export interface AzureCaller {
  readonly name: string;
  /** The user principal name; an application has none. */
  readonly email?: string;
  /** Object id in the directory. */
  readonly id: string;
  readonly ip: string;
}

/** A change in the directory. */
export interface DirectoryChange {
  readonly operation: string;
  /** Such as Policy, UserManagement, DirectoryManagement. */
  readonly category: string;
  readonly target: { readonly type: string; readonly name: string };
  readonly modified?: readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[];
}

/** One step of an operation on a resource. */
export interface Operation {
  /** `Microsoft.Compute/virtualMachines/start/action` */
  readonly name: string;
  /** Below the subscription: `resourceGroups/shop/providers/...` */
  readonly resource: string;
  /** Role that lets the caller do it. @default Contributor */
  readonly role?: string;
  /** What was sent, which the log carries as JSON text. */
  readonly body?: JsonObject;
}

const UPN_CLAIM = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn';
const OBJECT_CLAIM = 'http://schemas.microsoft.com/identity/claims/objectidentifier';
const TENANT_CLAIM = 'http://schemas.microsoft.com/identity/claims/tenantid';
const DIRECTORY = `/tenants/${azure.tenant}/providers/Microsoft.aadiam`;

/** https://learn.microsoft.com/entra/identity/monitoring-health/concept-audit-log-schema */
export function directoryAudit(
  rng: Random,
  at: Date,
  caller: AzureCaller,
  change: DirectoryChange,
): JsonObject {
  const time = decimals(rng, at, 7);
  const correlationId = rng.uuid();
  const target = named(`target/${change.target.name}`).uuid();
  return {
    time,
    resourceId: DIRECTORY,
    operationName: change.operation,
    operationVersion: '1.0',
    category: 'AuditLogs',
    tenantId: azure.tenant,
    resultSignature: 'None',
    durationMs: 0,
    callerIpAddress: caller.ip,
    correlationId,
    Level: 4,
    properties: {
      id: `Directory_${correlationId}_${rng.text(5, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')}_${rng.digits(9)}`,
      category: change.category,
      correlationId,
      result: 'success',
      resultReason: '',
      activityDisplayName: change.operation,
      activityDateTime: time,
      loggedByService: 'Core Directory',
      operationType: change.operation.split(' ')[0] ?? '',
      userAgent: null,
      initiatedBy:
        caller.email === undefined
          ? { app: { appId: null, displayName: caller.name, servicePrincipalId: caller.id } }
          : {
              user: {
                id: caller.id,
                displayName: caller.name,
                userPrincipalName: caller.email,
                ipAddress: caller.ip,
                roles: [],
              },
            },
      targetResources: [
        {
          id: target,
          displayName: change.target.name,
          type: change.target.type,
          modifiedProperties: (change.modified ?? []).map(({ name, before, after }) => ({
            displayName: name,
            oldValue: JSON.stringify(before),
            newValue: JSON.stringify(after),
          })),
          administrativeUnits: [],
        },
      ],
      additionalDetails: [],
    },
  };
}

/** The records of an operation that succeeds: it starts, and seconds later it is done. */
export function operationRecords(
  rng: Random,
  at: Date,
  caller: AzureCaller,
  operation: Operation,
): readonly JsonObject[] {
  const correlationId = rng.uuid();
  return [
    activity(rng, at, caller, operation, { result: 'Start', correlationId }),
    activity(rng, later(at, rng.int(1, 20)), caller, operation, { result: 'Success', correlationId }),
  ];
}

/** https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema */
function activity(
  rng: Random,
  at: Date,
  caller: AzureCaller,
  operation: Operation,
  step: { readonly result: 'Start' | 'Success'; readonly correlationId: string },
): JsonObject {
  const scope = `/subscriptions/${azure.subscription}/${operation.resource}`;
  const done = step.result === 'Success';
  const issued = Math.floor(at.getTime() / 1000) - 900;
  return {
    RoleLocation: 'West Europe',
    time: decimals(rng, at, 7),
    resourceId: scope.toUpperCase(),
    operationName: operation.name.toUpperCase(),
    category: 'Administrative',
    resultType: step.result,
    resultSignature: done ? 'Succeeded.OK' : 'Started.',
    durationMs: done ? rng.int(80, 9000) : 0,
    callerIpAddress: caller.ip,
    correlationId: step.correlationId,
    identity: {
      authorization: {
        scope,
        action: operation.name,
        evidence: {
          role: operation.role ?? 'Contributor',
          roleAssignmentScope: `/subscriptions/${azure.subscription}`,
          roleAssignmentId: named(`assignment/${caller.id}`).hex(32),
          principalId: caller.id.replaceAll('-', ''),
          principalType: caller.email === undefined ? 'ServicePrincipal' : 'User',
        },
      },
      claims: {
        aud: 'https://management.core.windows.net/',
        iss: `https://sts.windows.net/${azure.tenant}/`,
        iat: String(issued),
        nbf: String(issued),
        exp: String(issued + 4500),
        appid: named(`app/${caller.email === undefined ? caller.name : 'portal'}`).uuid(),
        ipaddr: caller.ip,
        [OBJECT_CLAIM]: caller.id,
        [TENANT_CLAIM]: azure.tenant,
        ...(caller.email === undefined ? {} : { name: caller.name, [UPN_CLAIM]: caller.email }),
        ver: '1.0',
      },
    },
    level: 'Information',
    location: 'global',
    tenantId: azure.tenant,
    properties: {
      eventCategory: 'Administrative',
      entity: scope,
      message: operation.name,
      hierarchy: `${azure.tenant}/${azure.subscription}`,
      ...(operation.body === undefined ? {} : { requestbody: JSON.stringify(operation.body) }),
      ...(done ? { statusCode: 'OK', serviceRequestId: rng.uuid() } : {}),
    },
  };
}
