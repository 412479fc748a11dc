import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { LocalBackend, S3Backend, TerraformOutput, TerraformStack, type TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import type { AwsPlace, AwsTopology } from '../../src/config/aws/topology.js';
import { AWS_PROVIDER_VERSION } from './provider-lock.js';

/** Where something is made, as a resource takes it. */
export interface At {
  readonly provider: AwsProvider;
}

/** A stack of its own state. It may reach into several accounts and regions, each by a provider of its own. */
export class AwsStack extends TerraformStack {
  private readonly providers = new Map<string, AwsProvider>();
  private readonly kept: string[] = [];

  constructor(
    scope: Construct,
    name: string,
    readonly topology: AwsTopology,
    /** Of the provider without an alias. */
    home: AwsPlace,
  ) {
    super(scope, name);
    this.at(home);
    // The bindings are of a newer provider than the one that the stacks are tried with.
    this.addOverride('terraform.required_providers.aws', {
      source: 'hashicorp/aws',
      version: AWS_PROVIDER_VERSION,
    });
    this.storeState(name);
    new TerraformOutput(this, 'kept_on_destroy', {
      description: 'Addresses of what holds data. Take them out of the state before `terraform destroy`.',
      value: this.kept,
      staticId: true,
    });
  }

  private storeState(name: string): void {
    const { backend } = this.topology.config;
    if (backend === undefined) {
      new LocalBackend(this, { path: `terraform.${name}.tfstate` });
      return;
    }
    const { bucket, region, keyPrefix, kmsKeyArn } = backend;
    new S3Backend(this, {
      ...{ bucket, region, key: `${keyPrefix}${name}.tfstate`, encrypt: true },
      ...(kmsKeyArn === undefined ? {} : { kmsKeyId: kmsKeyArn }),
    });
    // Locks by an object beside the state; the bindings do not know it yet.
    this.addOverride('terraform.backend.s3.use_lockfile', true);
  }

  /** What every resource of a place is given. */
  at(place: AwsPlace): At {
    const key = `${place.accountId} ${place.region}`;
    const known = this.providers.get(key);
    if (known !== undefined) return { provider: known };
    const isFirst = this.providers.size === 0;
    const alias = `${place.account}-${place.region}`;
    const provider = new AwsProvider(this, isFirst ? 'aws' : `aws-${alias}`, {
      region: place.region,
      ...(isFirst ? {} : { alias }),
      // A session of the wrong account is refused before anything is made in it.
      allowedAccountIds: [place.accountId],
      ...access(place, this.topology),
      defaultTags: [
        // Ours last: what deployers may change is told by it.
        { tags: { ...this.topology.config.tags, 'tocsin:installation': this.topology.installation } },
      ],
    });
    this.providers.set(key, provider);
    return { provider };
  }

  /** Marks what holds data, or protects it: `destroy` leaves it where it is. */
  keep(...resources: readonly TerraformResource[]): void {
    this.kept.push(
      ...resources.map(
        ({ terraformResourceType, friendlyUniqueId }) => `${terraformResourceType}.${friendlyUniqueId}`,
      ),
    );
  }

  /** ARN of the policy that bounds the roles of an account. */
  boundary({ accountId }: AwsPlace): { readonly permissionsBoundary?: string } {
    const { permissionsBoundary } = this.topology.config;
    return permissionsBoundary === undefined
      ? {}
      : {
          permissionsBoundary: `arn:${this.topology.partition}:iam::${accountId}:policy/${permissionsBoundary}`,
        };
  }
}

function access({ credentials }: AwsPlace, { base }: AwsTopology): object {
  const { profile, roleArn, externalId, webIdentityTokenFile } = credentials;
  const sessionName = base;
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === undefined
      ? {}
      : webIdentityTokenFile === undefined
        ? { assumeRole: [{ roleArn, sessionName, ...(externalId === undefined ? {} : { externalId }) }] }
        : { assumeRoleWithWebIdentity: [{ roleArn, sessionName, webIdentityTokenFile }] }),
  };
}
