/** An object as a notification names it. Everything but bucket and key can be missing, or wrong: nobody vouches for it. */
export interface ObjectRef {
  readonly bucket: string;
  /** As S3 knows it, decoded. */
  readonly key: string;
  /** In bytes, as stored. */
  readonly size?: number;
  /** Without the quotes around it. */
  readonly eTag?: string;
  readonly versionId?: string;
  readonly region?: string;
}

/** What messages, dead letters and event pointers call it. */
export const uriOf = ({ bucket, key }: Pick<ObjectRef, 'bucket' | 'key'>): string => `s3://${bucket}/${key}`;
