import { defineRule, type RuleTest } from '../../../detector/rule.js';

const CATEGORIES = ['StorageRead', 'StorageWrite', 'StorageDelete'];
const SERVED = [200, 201, 202, 204];
/** Letters of the permissions of a SAS: write, delete, add. */
const CHANGING_PERMISSIONS = ['w', 'd', 'a'];
const CHANGING_OPERATIONS = ['put', 'write', 'create', 'set'];

export default defineRule({
  id: 'azure.activity.storage-sas-external-access',
  logTypes: ['azure.activity'],
  name: 'Storage used from outside with a shared access signature',
  description:
    'A request from the internet was served because its address carries a shared access signature (SAS). Such an ' +
    'address works for whoever has it until it expires, and leaks through mail, code and logs.',
  severity: 'low',
  severityBy: [
    { value: 'high', match: { 'uri.query(sp)': { contains: CHANGING_PERMISSIONS } } },
    { value: 'high', match: { operationName: { contains: 'delete', ignoreCase: true } } },
    { value: 'medium', match: { operationName: { contains: CHANGING_OPERATIONS, ignoreCase: true } } },
  ],
  attack: ['TA0010:T1567', 'TA0006:T1552.001'],
  falsePositives: ['Partners, customers or applications outside Azure that were given a SAS to share files.'],
  runbook:
    'Find out who was given the SAS and whether the address and user agent are theirs; the account, its permissions ' +
    'and its expiry tell which one it is. If it leaked, rotate the account key that signed it, or revoke the stored ' +
    'access policy or the user delegation keys, and read in the resource logs what else came from the address. The ' +
    'alert leaves the signature out; the record in the log holds it, so treat that as a secret.',
  references: ['https://learn.microsoft.com/en-us/azure/storage/common/storage-sas-overview'],
  needs: [
    {
      what: 'Diagnostic settings of each storage account service that send StorageRead, StorageWrite and StorageDelete.',
      level: 'required',
    },
  ],
  fields: {
    // What is no IP address, such as the name of a host, is taken up to the port.
    callerIp: 'callerIpAddress.address() ?? callerIpAddress.split(:)[0]',
  },
  match: {
    category: CATEGORIES,
    statusCode: SERVED,
    uri: { contains: 'sig=' },
    callerIp: { empty: false, not: { ip: 'private' } },
  },
  title: 'SAS used from {callerIp} on storage account {properties.accountName}: {operationName}',
  dedup: '{properties.accountName ?? "unknown"}:{callerIp}',
  // Never the query of the URI as a whole: whoever reads its signature can use it.
  context: {
    callerIp: 'callerIp',
    accountName: 'properties.accountName',
    objectKey: 'properties.objectKey',
    userAgent: 'properties.userAgentHeader',
    uri: 'uri.before(?)',
    statusCode: 'statusCode',
    category: 'category',
    sasPermissions: 'uri.query(sp)',
    sasExpiry: 'uri.query(se)',
  },
});

const BLOB = 'https://examplebackup.blob.core.windows.net/nightly/db.bak';
const uriWith = (permissions: string) =>
  `${BLOB}?sv=2024-11-04&sp=${permissions}&se=2026-12-31T23%3A59%3A59Z&sig=c2VjcmV0`;
const read = {
  time: '2026-03-02T09:14:07.0000000Z',
  category: 'StorageRead',
  operationName: 'GetBlob',
  statusCode: 200,
  callerIpAddress: '8.8.4.4:50123',
  uri: uriWith('r'),
  properties: {
    accountName: 'examplebackup',
    objectKey: '/examplebackup/nightly/db.bak',
    userAgentHeader: 'curl/8.9.1',
  },
};

export const tests: readonly RuleTest[] = [
  {
    name: 'a blob is read, and the alert does not hold the signature',
    event: read,
    matches: true,
    severity: 'low',
    title: 'SAS used from 8.8.4.4 on storage account examplebackup: GetBlob',
    dedup: 'examplebackup:8.8.4.4',
    context: {
      callerIp: '8.8.4.4',
      accountName: 'examplebackup',
      operationName: 'GetBlob',
      objectKey: '/examplebackup/nightly/db.bak',
      userAgent: 'curl/8.9.1',
      uri: BLOB,
      statusCode: 200,
      category: 'StorageRead',
      sasPermissions: 'r',
      sasExpiry: '2026-12-31T23:59:59Z',
    },
  },
  ...['rw', 'rd', 'a', '%72%77'].map((permissions) => ({
    name: `the SAS allows changes: ${permissions}`,
    event: { ...read, uri: uriWith(permissions) },
    matches: true,
    severity: 'high' as const,
  })),
  {
    name: 'permissions are lower-case letters',
    event: { ...read, uri: uriWith('RW') },
    matches: true,
    severity: 'low',
  },
  {
    name: 'only the first sp counts',
    event: { ...read, uri: `${uriWith('r')}&sp=w` },
    matches: true,
    severity: 'low',
  },
  {
    name: 'a fragment is no part of the permissions',
    event: { ...read, uri: `${BLOB}?sig=c2VjcmV0&sp=r#and` },
    matches: true,
    severity: 'low',
    context: { sasPermissions: 'r' },
  },
  {
    name: 'a blob is deleted',
    event: { ...read, category: 'StorageDelete', operationName: 'DeleteBlob', statusCode: 202 },
    matches: true,
    severity: 'high',
  },
  ...['PutBlob', 'WriteFile', 'createContainer', 'SetBlobMetadata'].map((operationName) => ({
    name: `what changes something: ${operationName}`,
    event: { ...read, category: 'StorageWrite', operationName, statusCode: 201 },
    matches: true,
    severity: 'medium' as const,
  })),
  {
    name: 'operation and permissions are not known',
    event: {
      category: 'StorageRead',
      statusCode: 204,
      callerIpAddress: '8.8.4.4',
      uri: `${BLOB}?sig=c2VjcmV0`,
    },
    matches: true,
    severity: 'low',
    title: 'SAS used from 8.8.4.4 on storage account unknown: unknown',
    dedup: 'unknown:8.8.4.4',
    context: { uri: BLOB, sasPermissions: null, sasExpiry: null },
  },
  {
    name: 'a signature outside a query stays out of the alert too',
    event: { ...read, uri: 'nightly/db.bak&sig=c2VjcmV0' },
    matches: true,
    context: { uri: null },
  },
  {
    name: 'IPv6 with a port',
    event: { ...read, callerIpAddress: '[2620:fe::fe]:50123' },
    matches: true,
    dedup: 'examplebackup:2620:fe::fe',
  },
  ...['::ffff:8.8.8.8', '[::ffff:8.8.8.8]:50123'].map((callerIpAddress) => ({
    name: `an IPv4 address mapped into IPv6: ${callerIpAddress}`,
    event: { ...read, callerIpAddress },
    matches: true,
    dedup: 'examplebackup:8.8.8.8',
  })),
  { name: 'IPv6 without a port', event: { ...read, callerIpAddress: '2620:fe::fe' }, matches: true },
  {
    name: 'an address shared by customers of a carrier',
    event: { ...read, callerIpAddress: '100.64.7.7:1' },
    matches: true,
  },
  { name: 'a multicast address', event: { ...read, callerIpAddress: '224.0.0.9:1' }, matches: true },
  {
    name: 'what is no address counts as outside',
    event: { ...read, callerIpAddress: 'somewhere:443' },
    matches: true,
    dedup: 'examplebackup:somewhere',
  },
  ...[
    ...[
      '0.1.2.3',
      '10.1.2.3',
      '127.0.0.1',
      '169.254.1.1',
      '172.31.9.9',
      '192.0.0.1',
      '192.0.0.171',
      '192.0.2.1',
    ],
    ...['192.168.1.1', '198.19.0.1', '198.51.100.23', '203.0.113.9', '240.0.0.1', '255.255.255.255'],
    ...['[::1]', '[fd00::7]', '[fe80::1]', '[::ffff:10.1.2.3]'],
  ].map((address) => ({
    name: `from ${address}, which is not outside`,
    event: { ...read, callerIpAddress: `${address}:50123` },
    matches: false,
  })),
  { name: 'from this host, IPv6', event: { ...read, callerIpAddress: '::1' }, matches: false },
  { name: 'only a port', event: { ...read, callerIpAddress: ':443' }, matches: false },
  { name: 'no caller', event: { ...read, callerIpAddress: null }, matches: false },
  { name: 'the caller is empty', event: { ...read, callerIpAddress: '' }, matches: false },
  { name: 'no signature', event: { ...read, uri: `${BLOB}?sv=2024-11-04&sp=r` }, matches: false },
  {
    name: 'the parameter in upper case',
    event: { ...read, uri: `${BLOB}?sp=r&SIG=c2VjcmV0` },
    matches: false,
  },
  { name: 'no URI', event: { ...read, uri: null }, matches: false },
  { name: 'it was refused', event: { ...read, statusCode: 403 }, matches: false },
  { name: 'a part of a blob', event: { ...read, statusCode: 206 }, matches: false },
  { name: 'the status is a text', event: { ...read, statusCode: '200' }, matches: false },
  { name: 'no status', event: { ...read, statusCode: null }, matches: false },
  { name: 'another category', event: { ...read, category: 'Administrative' }, matches: false },
  { name: 'the category in other letter case', event: { ...read, category: 'storageread' }, matches: false },
];
