import type { LogType } from './log-type.js';
import { textReader } from './shape.js';

const category = textReader('category');
const operationName = textReader('operationName');

const CATEGORIES = [
  'SignInLogs',
  'NonInteractiveUserSignInLogs',
  'ServicePrincipalSignInLogs',
  'ManagedIdentitySignInLogs',
];

/** Sign-ins of Microsoft Entra ID, of users and of workloads. */
export const azureSignin: LogType = {
  id: 'azure.signin',
  recognises: (record) =>
    CATEGORIES.includes(category(record)) || operationName(record) === 'Sign-in activity',
  eventId: 'properties.id',
  eventTime: 'time ?? properties.createdDateTime',
  fields: {
    actor: [
      { match: { category: 'ServicePrincipalSignInLogs' }, value: '{properties.servicePrincipalName}' },
      {
        match: { category: ['SignInLogs', 'NonInteractiveUserSignInLogs'] },
        value: '{properties.userPrincipalName}',
      },
    ],
    sourceIp: 'properties.ipAddress ?? callerIpAddress',
    account: 'tenantId',
    region: 'location',
  },
  conditions: {
    succeeded: { 'properties.status.errorCode': { any: [0, { absent: true }] } },
    failed: { 'properties.status.errorCode': { gt: 0 } },
  },
  context: {
    tenantId: 'tenantId',
    ipAddress: 'properties.ipAddress',
    actor: 'actor',
    resourceDisplayName: 'properties.resourceDisplayName',
    resourceId: 'properties.resourceId',
    appDisplayName: 'properties.appDisplayName',
    errorCode: 'properties.status.errorCode',
  },
};
