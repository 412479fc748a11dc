import { topologyOf } from '../../config/aws/of-config.js';
import type { SourcePlan } from '../../config/aws/topology.js';
import type { LoadedConfig } from '../../config/load.js';
import type { StoredLog, StoredLogs } from '../../operating/stored-log.js';

const NAME = /^s3:\/\/([^/]+)\/(.+)$/s;

/**
 * Objects of the sources on AWS, by the name of their unit: `s3://bucket/key`. They are read with the credentials of the
 * bucket's account in `aws.accounts`; the readers' roles are the detector's alone.
 */
export function storedObjects(config: LoadedConfig, cwd: string): StoredLogs['object'] {
  const topology = topologyOf(config);
  return (name) => {
    const [, bucket, key = ''] = NAME.exec(name) ?? [];
    if (bucket === undefined) return undefined;
    const source = topology?.sources.find(
      (one) => one.bucket.name === bucket && one.keyPrefixes.some((prefix) => key.startsWith(prefix)),
    );
    return source === undefined
      ? { problem: 'no source of the configuration has a bucket with this object' }
      : storedObject(key, source, config, cwd);
  };
}

const storedObject = (
  key: string,
  { bucket, place }: SourcePlan,
  config: LoadedConfig,
  cwd: string,
): StoredLog => ({
  key,
  async *open() {
    const [{ S3Client }, { awsOf }, { s3Unit }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('./configured.js'),
      import('../../../detector/feeds/s3/objects.js'),
    ]);
    const client = new S3Client((await awsOf(config, cwd)?.accounts.at(place)) ?? {});
    try {
      const role = place.credentials.roleArn ?? `the credentials of aws.accounts.${place.account}`;
      yield* s3Unit({ bucket: bucket.name, key }, { client, owner: place.accountId, role }).open();
    } finally {
      client.destroy();
    }
  },
});
