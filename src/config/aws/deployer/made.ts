import { anySource } from '../any-source.js';
import type { AwsTopology } from '../topology.js';
import { arnOf } from './arns.js';

type Values = Readonly<Record<string, unknown>>;

/** What of a stack's plain Terraform is read here. */
export interface StackFile {
  readonly provider: { readonly aws: readonly ProviderBlock[] };
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Values>>>>;
  readonly output: { readonly kept_on_destroy: { readonly value: readonly string[] } };
}

interface ProviderBlock {
  readonly alias?: string;
  readonly region: string;
  readonly allowed_account_ids: readonly string[];
}

export type PutName = (text: string) => string;

const REFERENCE = /^\$\{(aws_[a-z0-9_]+)\.([\w-]+)\.([a-z_]+)\}$/;

/** One resource of a stack, with the account and the region in which it is made. */
export class Made {
  readonly accountId: string;
  readonly region: string;
  /** Whether its names are patterns, those that any source has. */
  readonly isByPattern: boolean;
  /** Whether `destroy` leaves it. */
  readonly isKept: boolean;

  constructor(
    private readonly stack: StackFile,
    readonly topology: AwsTopology,
    readonly type: string,
    private readonly name: string,
    private readonly values: Values,
    private readonly put: PutName | undefined,
  ) {
    this.isByPattern = put !== undefined;
    const { region, allowed_account_ids: ids } = providerOf(stack, values);
    this.region = region;
    this.accountId = ids[0] ?? '';
    this.isKept = stack.output.kept_on_destroy.value.includes(`${type}.${name}`);
  }

  /** ARN of something beside it. */
  arn(service: string, resource: string): string {
    return `arn:${this.topology.partition}:${service}:${this.region}:${this.accountId}:${resource}`;
  }

  /** ARN in a service that knows no regions. */
  globalArn(service: string, resource: string): string {
    return `arn:${this.topology.partition}:${service}::${this.accountId}:${resource}`;
  }

  /** Whether an attribute, or one in a block (`target.role_arn`), is set. */
  has(path: string): boolean {
    return this.at(path) !== undefined;
  }

  isTrue(path: string): boolean {
    return this.at(path) === true;
  }

  number(path: string): number {
    return Number(this.at(path));
  }

  /** What an attribute will be; a reference is followed to a name or an ARN. */
  text(path: string): string {
    const value = this.at(path);
    const text = typeof value === 'string' ? value : '';
    const other = this.refersTo(path);
    if (other === undefined) return this.put?.(text) ?? text;
    const attribute = REFERENCE.exec(text)?.[3] ?? '';
    return attribute === 'arn' ? arnOf(other) : other.text(attribute);
  }

  /** The resource that an attribute refers to; none where it has a plain value. */
  refersTo(path: string): Made | undefined {
    const [, type = '', name = ''] = REFERENCE.exec(String(this.at(path))) ?? [];
    const values = this.stack.resource?.[type]?.[name];
    return values === undefined
      ? undefined
      : new Made(this.stack, this.topology, type, name, values, this.put);
  }

  private at(path: string): unknown {
    return path.split('.').reduce<unknown>((value, key) => (value as Values | undefined)?.[key], this.values);
  }
}

/** @param put makes patterns of names; without it, everything is named as it is */
export const madeBy = (stack: StackFile, topology: AwsTopology, put?: PutName): readonly Made[] =>
  Object.entries(stack.resource ?? {}).flatMap(([type, all]) =>
    Object.entries(all).map(([name, values]) => new Made(stack, topology, type, name, values, put)),
  );

/** What makes patterns of the names in a stack: of a source's as any source has them, of the detector's none. */
export function patternsOf(topology: AwsTopology, stack: string): PutName {
  const source = topology.sources.find(({ name }) => topology.stacks.source(name) === stack);
  return source === undefined ? (text) => text : anySource(topology, source);
}

/** `aws`, or `aws.<alias>`. */
function providerOf({ provider }: StackFile, { provider: wanted }: Values): ProviderBlock {
  const found = provider.aws.find(({ alias }) => (alias === undefined ? 'aws' : `aws.${alias}`) === wanted);
  if (found === undefined)
    throw new Error(`A resource has the provider ${String(wanted)}, which is not in its stack.`);
  return found;
}
