import type { Problem } from '../../checked.js';
import type { AwsConfig } from '../schema.js';
import { onAws, type Aws, type Sources } from './seen.js';

const REGIONS: Readonly<Record<AwsConfig['partition'], RegExp>> = {
  aws: /^(?!us-gov-|cn-)/,
  'aws-us-gov': /^us-gov-/,
  'aws-cn': /^cn-/,
};

/** Accounts are there by the names that are used, each once; and all regions are of one partition. */
export function* accountProblems(aws: Aws, sources: Sources): Generator<Problem> {
  const { accounts = {}, detector, organization, partition } = aws;
  const names = Object.keys(accounts);
  const unknown = (wanted: string | undefined, path: Problem['path']): Problem[] =>
    // Where there are none, that is the mistake.
    wanted === undefined || names.length === 0 || names.includes(wanted)
      ? []
      : [{ path, message: `there is no account of this name (there is: ${names.join(', ')})` }];
  const foreign = (wanted: string | undefined, path: Problem['path']): Problem[] =>
    wanted === undefined || partition === undefined || REGIONS[partition].test(wanted)
      ? []
      : [{ path, message: `this region is not in the partition ${partition}` }];

  for (const [name, account] of Object.entries(accounts))
    yield* foreign(account?.region, ['aws', 'accounts', name, 'region']);
  yield* sameAccounts(accounts);
  yield* unknown(detector?.account, ['aws', 'detector', 'account']);
  yield* foreign(detector?.region, ['aws', 'detector', 'region']);
  yield* unknown(organization?.managementAccount, ['aws', 'organization', 'managementAccount']);
  yield* foreign(aws.backend?.region, ['aws', 'backend', 'region']);
  for (const { source, at } of onAws(sources)) {
    yield* unknown(source.account, [...at, 'account']);
    yield* foreign(source.region, [...at, 'region']);
    yield* unknown(source.trail?.account, [...at, 'trail', 'account']);
    yield* foreign(source.trail?.region, [...at, 'trail', 'region']);
  }
}

/** Two names for one account would make two stacks for it, with the same names in them. */
function* sameAccounts(accounts: NonNullable<Aws['accounts']>): Generator<Problem> {
  const seen = new Map<string, string>();
  for (const [name, account] of Object.entries(accounts)) {
    if (account?.id === undefined) continue;
    const other = seen.get(account.id);
    if (other !== undefined)
      yield { path: ['aws', 'accounts', name, 'id'], message: `is the id of the account ${other} too` };
    seen.set(account.id, name);
  }
}
