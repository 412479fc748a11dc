import type { Attack } from './attack.js';
import { operationRecords } from './azure-records.js';
import { storageLog } from './azure-storage.js';
import { azure, person } from './company.js';
import { later } from './event.js';
import { named } from './random.js';

const OWNER_ROLE = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';
const assignment = named('assignment/owner').uuid();
const intruder = { ...person('Wim'), ip: '91.236.58.14' };
const ACCOUNT = 'larkfieldreports';

/** Attacks on the resources of the Azure subscription. */
export const azureResourceAttacks: readonly Attack[] = [
  {
    name: 'azure-owner-assigned',
    cloud: 'azure',
    story: 'An application is made Owner of the whole subscription.',
    expects: ['azure.activity.privileged-role-assigned'],
    events: (rng, at) =>
      operationRecords(rng, at, intruder, {
        name: 'Microsoft.Authorization/roleAssignments/write',
        resource: `providers/Microsoft.Authorization/roleAssignments/${assignment}`,
        role: 'User Access Administrator',
        body: {
          Id: assignment,
          Properties: {
            PrincipalId: named('workload/helper').uuid(),
            PrincipalType: 'ServicePrincipal',
            RoleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${OWNER_ROLE}`,
            Scope: `/subscriptions/${azure.subscription}`,
          },
        },
      }),
  },
  {
    name: 'azure-remote-desktop-opened',
    cloud: 'azure',
    story: 'A rule of a network security group lets the internet in to the jump host.',
    expects: ['azure.activity.network-security-group-changed'],
    events: (rng, at) =>
      operationRecords(rng, at, intruder, {
        name: 'Microsoft.Network/networkSecurityGroups/securityRules/write',
        resource:
          'resourceGroups/build/providers/Microsoft.Network/networkSecurityGroups/jump-host-nsg/securityRules/support',
        body: {
          properties: {
            access: 'Allow',
            direction: 'Inbound',
            protocol: 'Tcp',
            priority: 100,
            sourceAddressPrefix: '*',
            sourcePortRange: '*',
            destinationAddressPrefix: '*',
            destinationPortRange: '3389',
          },
        },
      }),
  },
  {
    name: 'azure-anonymous-blob-access',
    cloud: 'azure',
    story: 'A storage account allows its containers to be read by anyone.',
    expects: ['azure.activity.storage-anonymous-blob-access-enabled'],
    events: (rng, at) =>
      operationRecords(rng, at, intruder, {
        name: 'Microsoft.Storage/storageAccounts/write',
        resource: `resourceGroups/shop-data/providers/Microsoft.Storage/storageAccounts/${ACCOUNT}`,
        body: { properties: { allowBlobPublicAccess: true } },
      }),
  },
  {
    name: 'azure-sas-from-outside',
    cloud: 'azure',
    story: 'A shared access signature that leaked is used from the internet to list and fetch reports.',
    expects: ['azure.activity.storage-sas-external-access'],
    events: (rng, at) =>
      ['ListBlobs', 'GetBlob', 'GetBlob', 'GetBlob'].map((operation, index) =>
        storageLog(rng, later(at, index * 15), {
          category: 'StorageRead',
          operation,
          account: ACCOUNT,
          path: operation === 'ListBlobs' ? 'board' : `board/quarter-${index}.pdf`,
          ip: '193.37.214.66',
          userAgent: 'azcopy/10.29.1 Azure-Storage-Go/0.15 (go1.24.2; linux)',
          identity: 'SAS',
        }),
      ),
  },
];
