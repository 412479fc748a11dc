import type { AwsConfig } from './schema.js';

/** What names of services with a region in them end with, and of the few that have another name in China. */
export const serviceDomain = (partition: AwsConfig['partition']): string =>
  partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';

/** Services through which a key is used, as `kms:ViaService` has them. */
export const throughServices = (
  partition: AwsConfig['partition'],
  region: string,
  ...services: readonly string[]
): string[] => services.map((service) => `${service}.${region}.${serviceDomain(partition)}`);
