import { referencesIn } from '../../../detector/destinations/secrets.js';
import type { AwsConfig, AwsSourceConfig } from './schema.js';

export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

interface Checked {
  readonly aws?: AwsConfig | undefined;
  readonly sources: readonly { readonly name: string; readonly aws?: AwsSourceConfig | undefined }[];
  readonly destinations: Readonly<Record<string, { readonly type: string }>>;
}

const REGIONS: Readonly<Record<AwsConfig['partition'], RegExp>> = {
  aws: /^(?!us-gov-|cn-)/,
  'aws-us-gov': /^us-gov-/,
  'aws-cn': /^cn-/,
};

/** Of the topic for operations, and of the dead letters of another source. */
const TAKEN = /^operations$|-dead-letters$/;

/** What one part of the configuration says about AWS must fit the others. */
export function* awsProblems({ aws, sources, destinations }: Checked): Generator<Problem> {
  const ours = sources.flatMap(({ name, aws: source }, i) =>
    source === undefined ? [] : [{ i, name, source }],
  );
  yield* destinationProblems(aws, destinations);
  if (aws === undefined) {
    for (const { i } of ours)
      yield { path: ['sources', i, 'aws'], message: 'needs `aws`, with its accounts and the detector' };
    return;
  }
  const names = Object.keys(aws.accounts);
  const unknown = (wanted: string | undefined, path: Problem['path']): Problem[] =>
    wanted === undefined || names.includes(wanted)
      ? []
      : [{ path, message: `there is no account of this name (there is: ${names.join(', ')})` }];
  const foreign = (wanted: string | undefined, path: Problem['path']): Problem[] =>
    wanted === undefined || REGIONS[aws.partition].test(wanted)
      ? []
      : [{ path, message: `this region is not in the partition ${aws.partition}` }];

  for (const [name, { region }] of Object.entries(aws.accounts))
    yield* foreign(region, ['aws', 'accounts', name, 'region']);
  yield* sameAccounts(aws);
  yield* unknown(aws.detector.account, ['aws', 'detector', 'account']);
  yield* foreign(aws.detector.region, ['aws', 'detector', 'region']);
  yield* unknown(aws.organization?.managementAccount, ['aws', 'organization', 'managementAccount']);
  if (aws.detector.oidc !== undefined && aws.detector.runtime === 'lambda')
    yield {
      path: ['aws', 'detector', 'oidc'],
      message: 'a function needs none; it is for `runtime: serve` outside of AWS',
    };
  for (const { i, name, source } of ours) {
    if (TAKEN.test(name))
      yield { path: ['sources', i, 'name'], message: 'would have the name of something else that is made' };
    const at = ['sources', i, 'aws'];
    yield* unknown(source.account, [...at, 'account']);
    yield* foreign(source.region, [...at, 'region']);
    yield* unknown(source.trail?.account, [...at, 'trail', 'account']);
    yield* foreign(source.trail?.region, [...at, 'trail', 'region']);
    if (source.trail?.organization === true && aws.organization === undefined)
      yield { path: [...at, 'trail', 'organization'], message: 'needs `aws.organization`' };
    if (source.bucket?.archiveDays != null && source.bucket.archiveDays >= source.bucket.expireDays)
      yield {
        path: [...at, 'bucket', 'archiveDays'],
        message: 'comes after expireDays; null never archives',
      };
    if (source.bucket?.objectLock !== undefined && source.bucket.objectLock.days > source.bucket.expireDays)
      yield { path: [...at, 'bucket', 'objectLock', 'days'], message: 'locks for longer than expireDays' };
  }
}

/** A function has the secret store of its cloud, and no files and no environment of ours. */
function* destinationProblems(
  aws: AwsConfig | undefined,
  destinations: Checked['destinations'],
): Generator<Problem> {
  for (const [name, options] of Object.entries(destinations)) {
    if (aws?.detector.runtime === 'lambda' && options.type === 'file') {
      const message = 'a function keeps no files; it is for `aws.detector.runtime: serve`';
      yield { path: ['destinations', name, 'type'], message };
    }
    for (const [option, reference] of referencesIn(options)) {
      const path = ['destinations', name, ...option.split(/[.[\]]+/).filter((part) => part !== '')];
      const isStored = reference.startsWith('secret:');
      if (isStored && aws === undefined)
        yield { path, message: 'secret:NAME is in the secret store of a cloud, and there is no `aws`' };
      if (!isStored && aws?.detector.runtime === 'lambda')
        yield { path, message: 'a function reads its secrets from the secret store: expected secret:NAME' };
    }
  }
}

/** Two names for one account would make two stacks for it, with the same names in them. */
function* sameAccounts(aws: AwsConfig): Generator<Problem> {
  const seen = new Map<string, string>();
  for (const [name, { id }] of Object.entries(aws.accounts)) {
    const other = seen.get(id);
    if (other !== undefined)
      yield { path: ['aws', 'accounts', name, 'id'], message: `is the id of the account ${other} too` };
    seen.set(id, name);
  }
}
