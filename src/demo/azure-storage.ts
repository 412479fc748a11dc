import type { JsonObject } from '../../detector/rule.js';
import { azure } from './company.js';
import { decimals } from './event.js';
import { named, type Random } from './random.js';

/** A call to a storage account, as its resource log has it. */
export interface StorageCall {
  readonly category: 'StorageRead' | 'StorageWrite' | 'StorageDelete';
  /** Such as GetBlob. */
  readonly operation: string;
  readonly account: string;
  /** Container and path. */
  readonly path: string;
  readonly ip: string;
  readonly userAgent: string;
  /** @default OAuth */
  readonly identity?: 'OAuth' | 'SAS' | 'AccountKey';
  /** @default 200 */
  readonly statusCode?: number;
}

const SAS = 'sv=2024-11-04&ss=b&srt=sco&sp=rl&se=2027-01-01T00%3A00%3A00Z&spr=https&sig=XXXXX';

/** https://learn.microsoft.com/azure/storage/blobs/monitor-blob-storage-reference */
export function storageLog(rng: Random, at: Date, call: StorageCall): JsonObject {
  const { account, path } = call;
  const identity = call.identity ?? 'OAuth';
  const group = `/subscriptions/${azure.subscription}/resourceGroups/shop-data`;
  const uri = `https://${account}.blob.core.windows.net:443/${path}`;
  return {
    time: decimals(rng, at, 7),
    resourceId: `${group}/providers/Microsoft.Storage/storageAccounts/${account}/blobServices/default`,
    category: call.category,
    operationName: call.operation,
    operationVersion: '2024-11-04',
    schemaVersion: '1.0',
    statusCode: call.statusCode ?? 200,
    statusText: 'Success',
    durationMs: rng.int(2, 90),
    callerIpAddress: `${call.ip}:${rng.int(20_000, 60_000)}`,
    correlationId: rng.uuid(),
    identity:
      identity === 'OAuth'
        ? {
            type: identity,
            tokenHash: rng.hex(64).toUpperCase(),
            requester: {
              appId: named(`app/${account}`).uuid(),
              audience: 'https://storage.azure.com/',
              objectId: named(`identity/${account}`).uuid(),
              tenantId: azure.tenant,
              tokenIssuer: `https://sts.windows.net/${azure.tenant}/`,
            },
          }
        : {
            type: identity,
            tokenHash: `${identity === 'SAS' ? 'sas' : 'key1'}(${rng.hex(64).toUpperCase()})`,
          },
    location: azure.location,
    uri: identity === 'SAS' ? `${uri}?${SAS}` : uri,
    protocol: 'HTTPS',
    resourceType: 'Microsoft.Storage/storageAccounts/blobServices',
    properties: {
      accountName: account,
      userAgentHeader: call.userAgent,
      serviceType: 'blob',
      objectKey: `/${account}/${path}`,
      metricResponseType: 'Success',
      serverLatencyMs: rng.int(1, 40),
      requestHeaderSize: rng.int(400, 700),
      responseHeaderSize: rng.int(200, 500),
      responseBodySize: call.category === 'StorageRead' ? rng.int(300, 400_000) : 0,
      tlsVersion: 'TLS 1.3',
      etag: `"0x8D${rng.hex(13).toUpperCase()}"`,
    },
  };
}
