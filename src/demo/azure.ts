import {
  directoryAudit,
  operationRecords,
  type AzureCaller,
  type DirectoryChange,
  type Operation,
} from './azure-records.js';
import { signInRecord, type SignIn } from './azure-signins.js';
import { storageLog, type StorageCall } from './azure-storage.js';
import { azure, people, DOMAIN } from './company.js';
import type { Kind } from './event.js';
import { named, type Random } from './random.js';

const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0';
const SDK = 'azsdk-net-Storage.Blobs/12.25.0 (.NET 9.0.7; Debian GNU/Linux 12)';
const APPS = ['shop-web', 'shop-orders', 'shop-search', 'report-builder', 'backup-runner'];
const ACCOUNTS = ['larkfieldmedia', 'larkfieldorders', 'larkfieldreports'];
const MACHINES = ['build-agent-1', 'build-agent-2', 'report-vm', 'jump-host'];

const MANAGEMENT = {
  id: '797f4846-ba00-4fd7-ba43-dac1f8f63013',
  name: 'Windows Azure Service Management API',
};
const EXCHANGE = { id: '00000002-0000-0ff1-ce00-000000000000', name: 'Office 365 Exchange Online' };
const VAULT = { id: 'cfa8b339-82a2-471a-a3c9-0fc0be7a4093', name: 'Azure Key Vault' };
const STORAGE = { id: 'e406a681-f3d4-42a8-90b6-c2b029497af1', name: 'Azure Storage' };
const PORTAL = { id: 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c', name: 'Azure Portal' };
const OUTLOOK = { id: '5d661950-3475-41cd-a2c3-d671a3162bc1', name: 'Microsoft Outlook' };
const SHOP = { id: named('app/larkfield-intranet').uuid(), name: 'Larkfield Intranet' };

/** Everyday mistakes; the cloud counts the prompts for a second factor among them. */
const ERRORS = [
  { code: 50126, reason: 'Error validating credentials due to invalid username or password.' },
  { code: 50074, reason: 'Strong Authentication is required.' },
  { code: 50140, reason: 'This occurred due to "Keep me signed in" interrupt when the user was signing-in.' },
];

const user = (rng: Random): AzureCaller => rng.pick(people);
const workload = (rng: Random): AzureCaller => {
  const name = rng.pick(APPS);
  return { name, id: named(`workload/${name}`).uuid(), ip: `10.60.${APPS.indexOf(name)}.${rng.int(4, 30)}` };
};
const sync: AzureCaller = { name: 'Larkfield HR Sync', id: named('hr-sync').uuid(), ip: '' };

const signIn = (
  weight: number,
  who: (rng: Random) => AzureCaller,
  what: (rng: Random) => SignIn,
  office = false,
): Kind => ({
  weight,
  office,
  events: (rng, at) => [signInRecord(rng, at, who(rng), what(rng))],
});

const audit = (
  weight: number,
  operation: string,
  change: (rng: Random) => Omit<DirectoryChange, 'operation'>,
): Kind => ({
  weight,
  office: true,
  events: (rng, at) => {
    const caller = rng.chance(0.3) ? sync : user(rng);
    return [directoryAudit(rng, at, caller, { operation, ...change(rng) })];
  },
});

const storage = (
  weight: number,
  category: StorageCall['category'],
  operation: string,
  more: Partial<StorageCall> = {},
): Kind => ({
  weight,
  events: (rng, at) => [
    storageLog(rng, at, {
      category,
      operation,
      account: rng.pick(ACCOUNTS),
      path: `files/${rng.int(2024, 2026)}/${rng.hex(10)}.${rng.pick(['json', 'pdf', 'webp'])}`,
      ip: `10.60.${rng.int(0, 3)}.${rng.int(4, 40)}`,
      userAgent: SDK,
      ...more,
    }),
  ],
});

const manage = (weight: number, operation: (rng: Random) => Operation): Kind => ({
  weight,
  events: (rng, at) => operationRecords(rng, at, rng.chance(0.5) ? user(rng) : workload(rng), operation(rng)),
});

const machine = (rng: Random, action: string): Operation => ({
  name: `Microsoft.Compute/virtualMachines/${action}`,
  resource: `resourceGroups/build/providers/Microsoft.Compute/virtualMachines/${rng.pick(MACHINES)}`,
});
const groupMembership = (rng: Random): Omit<DirectoryChange, 'operation'> => {
  const name = rng.pick(['Engineering', 'Finance', 'Support']);
  return {
    category: 'GroupManagement',
    target: { type: 'User', name: rng.pick(people).email },
    modified: [{ name: 'Group.DisplayName', before: null, after: name }],
  };
};
const userChange = (rng: Random): Omit<DirectoryChange, 'operation'> => ({
  category: 'UserManagement',
  target: { type: 'User', name: rng.pick(people).email },
  modified: [{ name: 'JobTitle', before: ['Engineer'], after: ['Senior Engineer'] }],
});

/** What goes on in the Entra tenant and the Azure subscription of the company on an ordinary day. */
export const azureTraffic: readonly Kind[] = [
  signIn(10, user, () => ({ app: SHOP, resource: SHOP, userAgent: BROWSER }), true),
  signIn(4, user, () => ({ app: PORTAL, resource: MANAGEMENT, userAgent: BROWSER }), true),
  signIn(20, user, () => ({
    category: 'NonInteractiveUserSignInLogs',
    app: OUTLOOK,
    resource: EXCHANGE,
    client: 'Mobile Apps and Desktop clients',
    userAgent: BROWSER,
  })),
  signIn(9, workload, () => ({ category: 'ServicePrincipalSignInLogs', app: SHOP, resource: VAULT })),
  signIn(7, workload, () => ({ category: 'ManagedIdentitySignInLogs', app: SHOP, resource: STORAGE })),
  signIn(
    0.8,
    user,
    (rng) => ({ app: SHOP, resource: SHOP, userAgent: BROWSER, error: rng.pick(ERRORS) }),
    true,
  ),
  audit(1.2, 'Update user', userChange),
  audit(1, 'Add member to group', groupMembership),
  audit(0.6, 'Change user license', (rng) => ({
    category: 'UserManagement',
    target: { type: 'User', name: rng.pick(people).email },
  })),
  audit(0.4, 'Reset user password', (rng) => ({
    category: 'UserManagement',
    target: { type: 'User', name: rng.pick(people).email },
  })),
  manage(1.5, (rng) => machine(rng, 'start/action')),
  manage(1.5, (rng) => machine(rng, 'deallocate/action')),
  manage(1, (rng) => ({
    name: 'Microsoft.Resources/deployments/write',
    resource: `resourceGroups/shop/providers/Microsoft.Resources/deployments/release-${rng.int(100, 999)}`,
    body: { properties: { mode: 'Incremental' } },
  })),
  manage(1, (rng) => ({
    name: 'Microsoft.Storage/storageAccounts/listKeys/action',
    resource: `resourceGroups/shop-data/providers/Microsoft.Storage/storageAccounts/${rng.pick(ACCOUNTS)}`,
  })),
  manage(0.5, (rng) => ({
    name: 'Microsoft.Web/sites/config/write',
    resource: `resourceGroups/shop/providers/Microsoft.Web/sites/${rng.pick(APPS)}/config/web`,
    body: { location: azure.location, properties: { alwaysOn: true, hostName: `shop.${DOMAIN}` } },
  })),
  storage(18, 'StorageRead', 'GetBlob'),
  storage(6, 'StorageRead', 'GetBlobProperties'),
  storage(3, 'StorageRead', 'ListBlobs', { path: 'files' }),
  storage(6, 'StorageWrite', 'PutBlock', { statusCode: 201 }),
  storage(3, 'StorageWrite', 'AppendBlock', { statusCode: 201, identity: 'AccountKey' }),
  storage(1, 'StorageRead', 'GetBlob', { identity: 'SAS' }),
  storage(0.3, 'StorageDelete', 'DeleteBlob', { statusCode: 202 }),
  // The one ordinary change that an alert speaks of: a disk that is no longer needed, about once a day.
  manage(0.01, (rng) => ({
    name: 'Microsoft.Compute/disks/delete',
    resource: `resourceGroups/build/providers/Microsoft.Compute/disks/scratch-${rng.hex(6)}`,
  })),
];
