import { defineRule, type RuleTest } from '../../../detector/rule.js';

const ONE_GIB = 2 ** 30;

export default defineRule({
  id: 'gcp.audit.bigquery-large-scan',
  logTypes: ['gcp.audit'],
  name: 'BigQuery query scanned more than 1 GiB',
  description:
    'A SELECT that has ended was billed for more than 1 GiB. Reading whole tables is how data leaves a warehouse, and ' +
    'it costs money. One query says little; the size and the tables make the difference.',
  severity: 'info',
  attack: [],
  falsePositives: ['Reports, dashboards and analysts that read large tables.'],
  runbook:
    'Read the query: which tables, does it select everything, where does the result go? Compare with what the actor ' +
    'usually runs. If it does not fit, look for extract and copy jobs of the same actor after it (destination ' +
    'buckets and projects), and revoke their sessions. If it is only expensive, set `maximumBytesBilled` or a quota.',
  references: [
    'https://cloud.google.com/bigquery/docs/reference/auditlogs',
    'https://cloud.google.com/bigquery/docs/best-practices-costs',
  ],
  fields: {
    queryConfig: 'protoPayload.metadata.jobChange.job.jobConfig.queryConfig',
    billedBytes: 'protoPayload.metadata.jobChange.job.jobStats.queryStats.totalBilledBytes',
  },
  match: {
    'resource.type': { prefix: 'bigquery' },
    'operation.last': true,
    'protoPayload.metadata.jobChange.job.jobConfig.type': 'QUERY',
    'queryConfig.statementType': 'SELECT',
    // As a whole number: a fraction of a byte makes no more of them, and a text with one or an exponent is none.
    billedBytes: { gte: ONE_GIB + 1, not: { contains: ['.', 'e'], ignoreCase: true } },
  },
  title: '{actor} ran a BigQuery query that scanned more than 1 GiB',
  context: { query: 'queryConfig.query', totalBilledBytes: 'billedBytes' },
});

interface Query {
  readonly type?: string;
  readonly last?: unknown;
  readonly jobType?: string;
  readonly statementType?: string;
  readonly billed?: unknown;
}

const query = (changes: Query): RuleTest['event'] => {
  const {
    type = 'bigquery_project',
    last = true,
    jobType = 'QUERY',
    statementType = 'SELECT',
    billed,
  } = changes;
  return {
    insertId: '1kq3v7ze2m07',
    logName: 'projects/web-shop/logs/cloudaudit.googleapis.com%2Fdata_access',
    timestamp: '2026-03-02T09:14:07Z',
    resource: { type, labels: { project_id: 'web-shop' } },
    operation: { id: 'job-1', last },
    protoPayload: {
      methodName: 'google.cloud.bigquery.v2.JobService.InsertJob',
      authenticationInfo: { principalEmail: 'marta@example.com' },
      metadata: {
        jobChange: {
          job: {
            jobConfig: {
              type: jobType,
              queryConfig: { query: 'SELECT * FROM orders', statementType },
            },
            jobStats: { queryStats: billed === undefined ? {} : { totalBilledBytes: billed } },
          },
        },
      },
    },
  } as RuleTest['event'];
};
const LARGE = '1073741825';

export const tests: readonly RuleTest[] = [
  {
    name: 'one byte more than 1 GiB, as the log writes it',
    event: query({ billed: LARGE }),
    matches: true,
    severity: 'info',
    title: 'marta@example.com ran a BigQuery query that scanned more than 1 GiB',
    dedup: 'marta@example.com ran a BigQuery query that scanned more than 1 GiB',
    context: { query: 'SELECT * FROM orders', totalBilledBytes: LARGE },
  },
  { name: 'a number', event: query({ billed: 5_000_000_000 }), matches: true },
  { name: 'a text beyond 2^53', event: query({ billed: '9007199254740993000' }), matches: true },
  {
    name: 'another resource of BigQuery',
    event: query({ type: 'bigquery_dataset', billed: LARGE }),
    matches: true,
  },
  { name: 'exactly 1 GiB', event: query({ billed: '1073741824' }), matches: false },
  { name: 'a small number that sorts high as a text', event: query({ billed: '99' }), matches: false },
  { name: 'no size', event: query({}), matches: false },
  { name: 'a size that is null', event: query({ billed: null }), matches: false },
  { name: 'a size that is no number', event: query({ billed: 'a lot' }), matches: false },
  { name: 'a fraction of a byte more than 1 GiB', event: query({ billed: ONE_GIB + 0.5 }), matches: false },
  ...['2147483648.5', '3e9', '3E9', '0x80000000'].map((billed) => ({
    name: `a size that is no text of digits: ${billed}`,
    event: query({ billed }),
    matches: false,
  })),
  { name: 'a size that is true', event: query({ billed: true }), matches: false },
  {
    name: 'another resource',
    event: query({ type: 'audited_resource', billed: LARGE }),
    matches: false,
  },
  {
    name: 'the type in other letter case',
    event: query({ type: 'BigQuery_project', billed: LARGE }),
    matches: false,
  },
  { name: 'the query still runs', event: query({ last: false, billed: LARGE }), matches: false },
  { name: 'last as a text', event: query({ last: 'true', billed: LARGE }), matches: false },
  { name: 'a load job', event: query({ jobType: 'IMPORT', billed: LARGE }), matches: false },
  { name: 'another statement', event: query({ statementType: 'INSERT', billed: LARGE }), matches: false },
  { name: 'no metadata', event: { resource: { type: 'bigquery_project' } }, matches: false },
];
