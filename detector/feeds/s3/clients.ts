import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { roleCredentials, type RoleOptions } from './credentials.js';
import type { S3ObjectsOptions } from './objects.js';

/** A bucket that a source names. What no source names is never read. */
export interface SourceBucket {
  readonly bucket: string;
  readonly region: string;
  /** What keys must start with, one of them. @default every key */
  readonly prefixes?: readonly string[];
  /** The role that reads it. @default the detector's own credentials */
  readonly roleArn?: string;
  readonly externalId?: string;
  /** The account that it must belong to. Twelve digits. */
  readonly owner?: string;
  /** The key that it is encrypted with, for messages. */
  readonly kmsKeyArn?: string;
}

/** How a bucket is read. */
export type S3Clients = (bucket: SourceBucket) => S3ObjectsOptions;

export interface S3ClientsOptions {
  /** Who reads, as CloudTrail of the bucket's account shows it. @default tocsin */
  readonly sessionName?: string;
  /** A file with an OIDC token that the roles trust, for a detector outside of AWS. */
  readonly tokenFile?: string;
  /** More of the clients, such as an endpoint. */
  readonly s3?: S3ClientConfig;
  readonly sts?: RoleOptions['sts'];
  readonly partBytes?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Without a byte. */
const IDLE_TIMEOUT_MS = 30_000;
/** Two requests for each of the objects that are read at once. */
const MOST_SOCKETS = 256;

/** Clients for buckets: one for each region and role, made when it is first needed. */
export function s3Clients(options: S3ClientsOptions = {}): S3Clients {
  const clients = new Map<string, S3Client>();
  return (bucket) => {
    const id = JSON.stringify([bucket.region, bucket.roleArn, bucket.externalId]);
    const client = clients.get(id) ?? newClient(bucket, options);
    clients.set(id, client);
    return {
      ...{ client, owner: bucket.owner, role: bucket.roleArn, kmsKey: bucket.kmsKeyArn },
      ...(options.partBytes === undefined ? {} : { partBytes: options.partBytes }),
    };
  };
}

function newClient({ region, roleArn, externalId }: SourceBucket, options: S3ClientsOptions): S3Client {
  const { sessionName, tokenFile, s3, sts } = options;
  const role: RoleOptions | undefined =
    roleArn === undefined
      ? undefined
      : {
          ...{ roleArn, region },
          ...(externalId === undefined ? {} : { externalId }),
          ...(sessionName === undefined ? {} : { sessionName }),
          ...(tokenFile === undefined ? {} : { tokenFile }),
          ...(sts === undefined ? {} : { sts }),
        };
  return new S3Client({
    region,
    // Ranges have no checksum of their own; TLS and gzip have.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpsAgent: { maxSockets: MOST_SOCKETS },
    },
    ...s3,
    ...(role === undefined ? {} : { credentials: roleCredentials(role) }),
  });
}
