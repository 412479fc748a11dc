import { defineRule, type RuleTest } from '../../../detector/rule.js';

const OPERATIONS = [
  'Microsoft.Network/networkSecurityGroups/write',
  'Microsoft.Network/networkSecurityGroups/delete',
  'Microsoft.Network/networkSecurityGroups/securityRules/write',
  'Microsoft.Network/networkSecurityGroups/securityRules/delete',
  'Microsoft.Network/networkSecurityGroups/join/action',
  'Microsoft.Network/networkSecurityGroups/providers/Microsoft.Insights/diagnosticSettings/write',
];

export default defineRule({
  id: 'azure.activity.network-security-group-changed',
  logTypes: ['azure.activity'],
  name: 'Network security group changed',
  description:
    'A network security group, one of its rules or its diagnostic settings was changed, removed or put to use. ' +
    'That can open machines to the internet, cut them off, or end the record of the traffic.',
  severity: 'medium',
  attack: ['TA0005:T1562.007', 'TA0040:T1485'],
  falsePositives: ['Deployments and network work, by people or by a pipeline.'],
  runbook:
    'Look at the rules that now apply (`az network nsg rule list`), above all inbound Allow rules from Internet, ' +
    '0.0.0.0/0 or *, and compare them with your templates. If the change has no ticket and the actor does not ' +
    'vouch for it, put the old rules back, and look at who connected to the machines behind it meanwhile.',
  references: ['https://learn.microsoft.com/en-us/azure/virtual-network/network-security-groups-overview'],
  fields: {
    group: 'resourceId.segment(networkSecurityGroups)',
    securityRule: 'resourceId.segment(securityRules)',
    change: [
      { match: { operationName: { contains: 'delete', ignoreCase: true } }, value: 'deleted' },
      { match: { operationName: { contains: 'write', ignoreCase: true } }, value: 'modified' },
      { value: 'joined' },
    ],
  },
  match: { all: ['succeeded', { operationName: { is: OPERATIONS, ignoreCase: true } }] },
  title: [
    {
      match: { operationName: { contains: 'securityRules', ignoreCase: true } },
      value: 'Network security group {group}: security rule {securityRule} {change}',
    },
    {
      match: { operationName: { contains: 'diagnosticSettings', ignoreCase: true } },
      value: 'Network security group {group}: diagnostic settings {change}',
    },
    { value: 'Network security group {group} {change}' },
  ],
  context: { networkSecurityGroup: 'group', securityRule: 'securityRule' },
});

const GROUP =
  '/subscriptions/3f1c9b52-7a10-4a3e-9c55-1c7d0a9e2b01/resourceGroups/edge/providers/Microsoft.Network/' +
  'networkSecurityGroups/web-nsg';
const changed = {
  time: '2026-03-02T09:14:07.0000000Z',
  resourceId: GROUP,
  operationName: 'Microsoft.Network/networkSecurityGroups/write',
  category: 'Administrative',
  resultType: 'Success',
  callerIpAddress: '198.51.100.23',
};

export const tests: readonly RuleTest[] = [
  {
    name: 'a group is modified',
    event: changed,
    matches: true,
    severity: 'medium',
    title: 'Network security group web-nsg modified',
    dedup: 'Network security group web-nsg modified',
    context: { networkSecurityGroup: 'web-nsg', securityRule: null },
  },
  {
    name: 'a group is deleted, all in upper case',
    event: {
      ...changed,
      resourceId: GROUP.toUpperCase(),
      operationName: 'MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/DELETE',
      resultType: 'Succeeded',
    },
    matches: true,
    title: 'Network security group WEB-NSG deleted',
  },
  {
    name: 'a rule is modified',
    event: { ...changed, resourceId: `${GROUP}/securityRules/ssh`, operationName: OPERATIONS[2] ?? '' },
    matches: true,
    title: 'Network security group web-nsg: security rule ssh modified',
    context: { networkSecurityGroup: 'web-nsg', securityRule: 'ssh' },
  },
  {
    name: 'a rule is deleted',
    event: { ...changed, resourceId: `${GROUP}/securityRules/ssh`, operationName: OPERATIONS[3] ?? '' },
    matches: true,
    title: 'Network security group web-nsg: security rule ssh deleted',
  },
  {
    name: 'a subnet or machine joins the group',
    event: { ...changed, operationName: OPERATIONS[4] ?? '' },
    matches: true,
    title: 'Network security group web-nsg joined',
  },
  {
    name: 'its diagnostic settings are modified',
    event: {
      ...changed,
      operationName:
        'Microsoft.Network/networkSecurityGroups/providers/microsoft.insights/diagnosticSettings/write',
    },
    matches: true,
    title: 'Network security group web-nsg: diagnostic settings modified',
  },
  {
    name: 'there is no resource id, names in lower case',
    event: { operationname: OPERATIONS[0] ?? '', resulttype: 'Success' },
    matches: true,
    title: 'Network security group unknown modified',
  },
  { name: 'it has only started', event: { ...changed, resultType: 'Start' }, matches: false },
  { name: 'it was accepted', event: { ...changed, resultType: 'Accepted' }, matches: false },
  { name: 'it failed', event: { ...changed, resultType: 'Failed' }, matches: false },
  { name: 'the result in other letter case', event: { ...changed, resultType: 'success' }, matches: false },
  { name: 'there is no result', event: { ...changed, resultType: null }, matches: false },
  {
    name: 'a group is read',
    event: { ...changed, operationName: 'Microsoft.Network/networkSecurityGroups/read' },
    matches: false,
  },
  {
    name: 'diagnostic settings are deleted',
    event: { ...changed, operationName: (OPERATIONS[5] ?? '').replace('write', 'delete') },
    matches: false,
  },
  {
    name: 'the operation is longer',
    event: { ...changed, operationName: 'Microsoft.Network/networkSecurityGroups/write/action' },
    matches: false,
  },
  {
    name: 'the operation is an object',
    event: { ...changed, operationName: { value: 'Microsoft.Network/networkSecurityGroups/write' } },
    matches: false,
  },
];
