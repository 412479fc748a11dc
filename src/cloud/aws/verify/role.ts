import {
  GetRoleCommand,
  GetRolePolicyCommand,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  type IAMClient,
} from '@aws-sdk/client-iam';
import type { AwsPlace } from '../../../config/aws/topology.js';
import { ask, askFor } from '../aws-error.js';
import type { InlinePolicy, PoliciesSeen } from './permissions.js';

/** A role as it is in an account. */
export interface RoleSeen {
  readonly arn: string;
  /** Unique: another role of the same name has another one. */
  readonly id: string;
  /** Policy document, as IAM hands it out. */
  readonly trust: string;
  readonly longestSession: number;
  /** ARN of the policy that bounds it. */
  readonly boundary: string | undefined;
}

/** @returns undefined where there is none */
export async function readRole(
  client: IAMClient,
  place: AwsPlace,
  name: string,
): Promise<RoleSeen | undefined> {
  const found = await askFor({ action: 'iam:GetRole', on: name, place }, () =>
    client.send(new GetRoleCommand({ RoleName: name })),
  );
  if (found?.Role === undefined) return undefined;
  const { Arn, RoleId, AssumeRolePolicyDocument, MaxSessionDuration, PermissionsBoundary } = found.Role;
  return {
    arn: Arn ?? '',
    id: RoleId ?? '',
    trust: AssumeRolePolicyDocument ?? '',
    longestSession: MaxSessionDuration ?? 0,
    boundary: PermissionsBoundary?.PermissionsBoundaryArn,
  };
}

export async function readPolicies(client: IAMClient, place: AwsPlace, name: string): Promise<PoliciesSeen> {
  const names = await ask({ action: 'iam:ListRolePolicies', on: name, place }, () =>
    collected(paginateListRolePolicies({ client }, { RoleName: name }), (page) => page.PolicyNames),
  );
  const attached = await ask({ action: 'iam:ListAttachedRolePolicies', on: name, place }, () =>
    collected(
      paginateListAttachedRolePolicies({ client }, { RoleName: name }),
      (page) => page.AttachedPolicies,
    ),
  );
  const inline: InlinePolicy[] = [];
  for (const policy of names) {
    const { PolicyDocument: document = '' } = await ask(
      { action: 'iam:GetRolePolicy', on: `${name}/${policy}`, place },
      () => client.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: policy })),
    );
    inline.push({ name: policy, document });
  }
  return { inline, attached: attached.map(({ PolicyArn = '' }) => PolicyArn) };
}

async function collected<Page, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...(itemsOf(page) ?? []));
  return items;
}
