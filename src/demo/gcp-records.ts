import type { JsonObject } from '../../detector/rule.js';
import { gcp } from './company.js';
import { decimals, later } from './event.js';
import type { Random } from './random.js';

export interface GcpCaller {
  readonly email: string;
  readonly ip: string;
  readonly userAgent: string;
}

export interface GcpCall {
  /** Without `.googleapis.com`. */
  readonly service: string;
  readonly method: string;
  readonly resourceName: string;
  readonly resource: { readonly type: string; readonly labels: JsonObject };
  readonly permissions: readonly string[];
  readonly log: 'activity' | 'data_access';
  /** What the log belongs to. @default the company's project */
  readonly owner?: string;
  /** @default what the log usually has: NOTICE for activity, INFO for data access */
  readonly severity?: string;
  /** @default no error */
  readonly status?: JsonObject;
  /** More of the payload: request, response, metadata, serviceData. */
  readonly payload?: JsonObject;
  /** More of the entry itself, such as the operation that it is part of. */
  readonly entry?: JsonObject;
}

/** A LogEntry with an AuditLog, https://cloud.google.com/logging/docs/audit/understanding-audit-logs */
export function auditLogEntry(rng: Random, at: Date, caller: GcpCaller, call: GcpCall): JsonObject {
  const status = call.status ?? {};
  const granted = status.code === undefined;
  const kind = caller.email.endsWith('.gserviceaccount.com') ? 'serviceAccount' : 'user';
  return {
    insertId: rng.text(13, '0123456789abcdefghijklmnopqrstuvwxyz'),
    logName: `${call.owner ?? `projects/${gcp.project}`}/logs/cloudaudit.googleapis.com%2F${call.log}`,
    ...call.entry,
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      status,
      authenticationInfo: { principalEmail: caller.email, principalSubject: `${kind}:${caller.email}` },
      requestMetadata: {
        callerIp: caller.ip,
        callerSuppliedUserAgent: caller.userAgent,
        requestAttributes: { time: decimals(rng, at, 9), auth: {} },
        destinationAttributes: {},
      },
      serviceName: `${call.service}.googleapis.com`,
      methodName: call.method,
      authorizationInfo: call.permissions.map((permission) => ({
        resource: call.resourceName,
        permission,
        granted,
        resourceAttributes: { service: `${call.service}.googleapis.com`, name: call.resourceName },
      })),
      resourceName: call.resourceName,
      ...call.payload,
    },
    resource: { type: call.resource.type, labels: call.resource.labels },
    severity: call.severity ?? (granted ? (call.log === 'activity' ? 'NOTICE' : 'INFO') : 'ERROR'),
    timestamp: decimals(rng, at, 9),
    receiveTimestamp: decimals(rng, later(at, rng.int(1, 1400) / 1000), 9),
  };
}

/** A service account of the company's project. */
export const serviceAccount = (name: string): string => `${name}@${gcp.project}.iam.gserviceaccount.com`;

/** A call on an object of Cloud Storage. */
export const objectCall = (
  bucket: string,
  name: string,
  method: 'get' | 'create' | 'list',
  payload: JsonObject = {},
): GcpCall => ({
  service: 'storage',
  method: `storage.objects.${method}`,
  resourceName: `projects/_/buckets/${bucket}${method === 'list' ? '' : `/objects/${name}`}`,
  resource: {
    type: 'gcs_bucket',
    labels: { project_id: gcp.project, bucket_name: bucket, location: gcp.region },
  },
  permissions: [`storage.objects.${method}`],
  log: 'data_access',
  payload: { resourceLocation: { currentLocations: [gcp.region] }, ...payload },
});

/** A query of BigQuery that is done. */
export function queryCall(rng: Random, at: Date, query: string, table: string, billedBytes: number): GcpCall {
  const job = `bquxjob_${rng.hex(8)}_${rng.hex(11)}`;
  const started = decimals(rng, later(at, -rng.int(2, 20)), 3);
  return {
    service: 'bigquery',
    method: 'google.cloud.bigquery.v2.JobService.InsertJob',
    resourceName: `projects/${gcp.project}/jobs/${job}`,
    resource: { type: 'bigquery_project', labels: { project_id: gcp.project, location: 'EU' } },
    permissions: ['bigquery.jobs.create'],
    log: 'data_access',
    entry: { operation: { id: `${gcp.project}:${job}`, producer: 'bigquery.googleapis.com', last: true } },
    payload: {
      metadata: {
        '@type': 'type.googleapis.com/google.cloud.audit.BigQueryAuditMetadata',
        jobChange: {
          before: 'RUNNING',
          after: 'DONE',
          job: {
            jobName: `projects/${gcp.project}/jobs/${job}`,
            jobConfig: {
              type: 'QUERY',
              queryConfig: { query, statementType: 'SELECT', priority: 'QUERY_INTERACTIVE' },
            },
            jobStatus: { jobState: 'DONE' },
            jobStats: {
              createTime: started,
              startTime: started,
              endTime: decimals(rng, at, 3),
              queryStats: {
                referencedTables: [table],
                totalBilledBytes: String(billedBytes),
                totalProcessedBytes: String(billedBytes),
                billingTier: 1,
                outputRowCount: String(rng.int(1, 90_000)),
              },
            },
          },
        },
      },
    },
  };
}
