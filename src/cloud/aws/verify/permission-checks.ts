import type { IAMClient } from '@aws-sdk/client-iam';
import { READER_POLICY, readingStatements } from '../../../config/aws/reader-policy.js';
import type { AwsTopology, SourcePlan } from '../../../config/aws/topology.js';
import type { AwsClientConfig } from '../clients.js';
import { checked, type Check } from './check.js';
import { bucketKey, readerKey } from './log-key.js';
import { policyFindings } from './permissions.js';
import { readPolicies } from './role.js';
import { readerTrials, simulate } from './simulation.js';

/** What a reader may do: its policies as they are written, and what IAM says to requests. */
export async function permissionChecks(
  topology: AwsTopology,
  source: SourcePlan,
  { client, config, again }: { client: IAMClient; config: AwsClientConfig; again: string },
): Promise<readonly Check[]> {
  const { bucket, place, reader } = source;
  let { kmsKeyArn } = bucket;
  const key = await checked('key', again, async () => {
    const needed = readerKey(source, await bucketKey(config, source));
    kmsKeyArn = needed.kmsKeyArn;
    return needed.findings;
  });
  // Without the key that it was made for, nobody can say what the policy should be.
  if (key.state === 'not checked' && !bucket.exists)
    return [key, { ...key, check: 'policies' }, { ...key, check: 'simulation' }];
  const statements = readingStatements(topology, source, kmsKeyArn);
  return [
    key,
    await checked('policies', again, async () =>
      policyFindings({ name: READER_POLICY, statements }, await readPolicies(client, place, reader.name)),
    ),
    await checked('simulation', again, () =>
      simulate(client, source, readerTrials(topology, source, kmsKeyArn)),
    ),
  ];
}
