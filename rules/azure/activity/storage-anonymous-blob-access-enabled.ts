import { defineRule, type Json, type Match, type RuleTest } from '../../../detector/rule.js';

const ACCOUNT_WRITE = 'Microsoft.Storage/storageAccounts/write';
const BLOB_WRITES = [
  'Microsoft.Storage/storageAccounts/blobServices/write',
  'Microsoft.Storage/storageAccounts/blobServices/containers/write',
];
const REQUESTED = 'properties.requestbody.json().properties';

const ON_ACCOUNT: Match = { operationName: { is: ACCOUNT_WRITE, ignoreCase: true } };

export default defineRule({
  id: 'azure.activity.storage-anonymous-blob-access-enabled',
  logTypes: ['azure.activity'],
  name: 'Anonymous access to blobs enabled',
  description:
    'A storage account was set to allow anonymous access, or a container was opened to it. Anyone on the internet ' +
    'who has or guesses an address can then read blobs, and with level Container list them.',
  severity: 'high',
  attack: ['TA0010:T1530'],
  falsePositives: [
    'A public web site or download area that is meant to be read by anyone.',
    'An account created by a template that allows anonymous access but opens no container.',
  ],
  runbook:
    'Find out what the containers hold and whether they are meant for everyone. If not, disallow anonymous access on ' +
    'the account (`az storage account update --allow-blob-public-access false`), which closes every container at ' +
    "once, then look for anonymous reads in the account's resource logs, and ask the actor.",
  references: ['https://learn.microsoft.com/en-us/azure/storage/blobs/anonymous-read-access-prevent'],
  fields: {
    account: 'resourceId.segment(storageAccounts)',
    container: 'resourceId.segment(containers)',
    publicAccess: `${REQUESTED}.publicAccess`,
    opened: [
      { match: ON_ACCOUNT, value: 'Anonymous access to blobs allowed on' },
      {
        match: { container: { empty: false } },
        value: 'Anonymous access ({publicAccess}) enabled for container {container} of',
      },
      { value: 'Anonymous access ({publicAccess}) enabled on' },
    ],
  },
  match: {
    all: [
      'succeeded',
      {
        // A list in the body, or instead of it, is no request of the API: what is read through one is a list too.
        any: [
          { all: [ON_ACCOUNT, { [`${REQUESTED}.allowBlobPublicAccess`]: { type: 'boolean', is: true } }] },
          {
            operationName: { is: BLOB_WRITES, ignoreCase: true },
            [`${REQUESTED}.publicAccess`]: { type: 'text', is: ['Blob', 'Container'] },
          },
        ],
      },
    ],
  },
  title: '{opened} storage account {account}',
  context: { container: 'container', publicAccess: 'publicAccess' },
});

const ACCOUNT =
  '/subscriptions/3f1c9b52-7a10-4a3e-9c55-1c7d0a9e2b01/resourceGroups/web/providers/Microsoft.Storage/' +
  'storageAccounts/examplemedia';
const CONTAINER = `${ACCOUNT}/blobServices/default/containers/images`;
const [SERVICE_WRITE = '', CONTAINER_WRITE = ''] = BLOB_WRITES;

const write = (operationName: string, resourceId: string, requestbody: Json) => ({
  time: '2026-03-02T09:14:07.0000000Z',
  resourceId,
  operationName,
  category: 'Administrative',
  resultType: 'Success',
  location: 'westeurope',
  callerIpAddress: '198.51.100.23',
  properties: { requestbody },
});
const allowing = (value: Json) =>
  write(ACCOUNT_WRITE, ACCOUNT, JSON.stringify({ properties: { allowBlobPublicAccess: value } }));
const opening = (value: Json, operationName = CONTAINER_WRITE, resourceId = CONTAINER) =>
  write(operationName, resourceId, JSON.stringify({ properties: { publicAccess: value } }));

export const tests: readonly RuleTest[] = [
  {
    name: 'an account allows anonymous access',
    event: allowing(true),
    matches: true,
    severity: 'high',
    title: 'Anonymous access to blobs allowed on storage account examplemedia',
    dedup: 'Anonymous access to blobs allowed on storage account examplemedia',
    context: { storageAccount: 'examplemedia', container: null, publicAccess: null },
  },
  {
    name: 'a container is opened, level Blob',
    event: opening('Blob'),
    matches: true,
    severity: 'high',
    title: 'Anonymous access (Blob) enabled for container images of storage account examplemedia',
    context: { container: 'images', publicAccess: 'Blob' },
  },
  {
    name: 'a container is opened, level Container, all in upper case',
    event: {
      ...opening('Container', CONTAINER_WRITE.toUpperCase(), CONTAINER.toUpperCase()),
      resultType: 'Succeeded',
    },
    matches: true,
    title: 'Anonymous access (Container) enabled for container IMAGES of storage account EXAMPLEMEDIA',
  },
  {
    name: 'a blob service is opened',
    event: opening('Container', SERVICE_WRITE, `${ACCOUNT}/blobServices/default`),
    matches: true,
    title: 'Anonymous access (Container) enabled on storage account examplemedia',
  },
  {
    name: 'a new account without a location, the body parsed already and its name in other letter case',
    event: {
      operationname: ACCOUNT_WRITE,
      resulttype: 'Success',
      properties: { requestBody: { properties: { allowBlobPublicAccess: true } } },
    },
    matches: true,
    title: 'Anonymous access to blobs allowed on storage account unknown',
  },
  { name: 'an account disallows it', event: allowing(false), matches: false },
  { name: 'the value is a text', event: allowing('true'), matches: false },
  { name: 'the value is null', event: allowing(null), matches: false },
  { name: 'a container is closed', event: opening('None'), matches: false },
  { name: 'the level is in other letter case', event: opening('blob'), matches: false },
  { name: 'the level is null', event: opening(null), matches: false },
  {
    name: 'a level on the account itself',
    event: opening('Blob', ACCOUNT_WRITE, ACCOUNT),
    matches: false,
  },
  {
    name: 'the account setting on a container',
    event: { ...allowing(true), operationName: CONTAINER_WRITE },
    matches: false,
  },
  {
    name: 'names inside the body are exact',
    event: write(ACCOUNT_WRITE, ACCOUNT, '{"Properties":{"AllowBlobPublicAccess":true}}'),
    matches: false,
  },
  { name: 'the body is no JSON', event: write(CONTAINER_WRITE, CONTAINER, '{"properties":'), matches: false },
  { name: 'the body is no object', event: write(CONTAINER_WRITE, CONTAINER, '"Blob"'), matches: false },
  ...[
    [{ properties: { allowBlobPublicAccess: true } }],
    { properties: [{ allowBlobPublicAccess: true }] },
    { properties: { allowBlobPublicAccess: [true] } },
  ].map((body) => ({
    name: `a list on the way to what an account allows: ${JSON.stringify(body)}`,
    event: write(ACCOUNT_WRITE, ACCOUNT, JSON.stringify(body)),
    matches: false,
  })),
  ...[
    [{ properties: { publicAccess: 'Blob' } }],
    { properties: [{ publicAccess: 'Blob' }] },
    { properties: { publicAccess: ['Blob'] } },
  ].map((body) => ({
    name: `a list on the way to the level of a container: ${JSON.stringify(body)}`,
    event: write(CONTAINER_WRITE, CONTAINER, body),
    matches: false,
  })),
  { name: 'there is no body', event: write(CONTAINER_WRITE, CONTAINER, null), matches: false },
  { name: 'it has only started', event: { ...opening('Blob'), resultType: 'Start' }, matches: false },
  { name: 'it failed', event: { ...allowing(true), resultType: 'Failure' }, matches: false },
  {
    name: 'the result in other letter case',
    event: { ...allowing(true), resultType: 'SUCCESS' },
    matches: false,
  },
  { name: 'there is no result', event: { ...opening('Blob'), resultType: null }, matches: false },
  {
    name: 'another operation',
    event: opening('Blob', 'Microsoft.Storage/storageAccounts/delete'),
    matches: false,
  },
  {
    name: 'the operation is an object',
    event: { ...allowing(true), operationName: { value: ACCOUNT_WRITE } },
    matches: false,
  },
];
