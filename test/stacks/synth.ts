import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/load.js';
import { CONFIG, type Config } from '../../src/config/schema.js';
import { buildApp } from '../../stacks/app.js';

/** Attributes of a resource, or of a block in one. */
export type Values = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly type: string;
  /** Name in Terraform. */
  readonly name: string;
  /** Path of its construct below the stack. */
  readonly path: string;
  readonly values: Values;
  /** `aws`, or `aws.<alias>`. */
  readonly provider: string;
  /** How another resource refers to an attribute of this one. */
  readonly ref: (attribute: string) => string;
}

/** As a policy document has it; lists sorted where their order means nothing. */
export interface Statement {
  readonly sid: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources?: readonly string[];
  /** `Service:s3.amazonaws.com`, `AWS:arn:…`, `Federated:…` or `*:*`. */
  readonly principals?: readonly string[];
  /** By test and key. */
  readonly conditions?: Readonly<Record<string, readonly string[]>>;
}

interface StackFile {
  readonly terraform: Values;
  readonly provider: { readonly aws: readonly Values[] };
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Values>>>>;
  readonly data?: { readonly aws_iam_policy_document?: Readonly<Record<string, Values>> };
  readonly output?: Readonly<Record<string, { readonly value: unknown }>>;
}

/** The Terraform that a configuration becomes. */
export class Synthesized {
  constructor(private readonly stacks: ReadonlyMap<string, Stack>) {}

  get names(): readonly string[] {
    return [...this.stacks.keys()];
  }

  get all(): readonly Stack[] {
    return [...this.stacks.values()];
  }

  /** @param name whole, or what it ends with */
  stack(name: string): Stack {
    const found = this.all.filter((stack) => stack.name === name || stack.name.endsWith(`-${name}`));
    const [stack] = found;
    if (stack === undefined || found.length > 1)
      throw new Error(`${found.length} stacks are called "${name}"; there are ${this.names.join(', ')}.`);
    return stack;
  }
}

/** One stack, looked at as plain Terraform. */
export class Stack {
  readonly file: StackFile;
  readonly resources: readonly Resource[];

  constructor(
    readonly name: string,
    readonly text: string,
  ) {
    this.file = JSON.parse(text) as StackFile;
    this.resources = Object.entries(this.file.resource ?? {}).flatMap(([type, all]) =>
      Object.entries(all).map(([id, values]) => resource(name, type, id, values)),
    );
  }

  get outputs(): Values {
    return Object.fromEntries(Object.entries(this.file.output ?? {}).map(([key, { value }]) => [key, value]));
  }

  /** Names of policy documents with their statements. */
  get documents(): ReadonlyMap<string, readonly Statement[]> {
    const documents = this.file.data?.aws_iam_policy_document ?? {};
    return new Map(Object.entries(documents).map(([name, values]) => [name, statementsIn(values)]));
  }

  ofType(type: string): readonly Resource[] {
    return this.resources.filter((one) => one.type === type);
  }

  has(path: string): boolean {
    return this.resources.some((one) => one.path === path);
  }

  /** @param path of the construct, such as `log-bucket/policy` */
  at(path: string): Resource {
    const found = this.resources.find((one) => one.path === path);
    if (found === undefined)
      throw new Error(
        `${this.name} has no "${path}"; it has ${this.resources.map((one) => one.path).join(', ')}.`,
      );
    return found;
  }

  /** Statements of the policy that an attribute refers to. */
  statements(path: string, attribute = 'policy'): readonly Statement[] {
    const value = this.at(path).values[attribute];
    const name = /^\$\{data\.aws_iam_policy_document\.(.+)\.json\}$/.exec(String(value))?.[1] ?? '';
    const found = this.documents.get(name);
    if (found === undefined)
      throw new Error(`${attribute} of ${path} is no policy document: ${String(value)}`);
    return found;
  }

  statement(path: string, sid: string, attribute = 'policy'): Statement {
    const all = this.statements(path, attribute);
    const found = all.find((one) => one.sid === sid);
    if (found === undefined)
      throw new Error(`${path} has no statement "${sid}"; it has ${all.map((one) => one.sid).join(', ')}.`);
    return found;
  }
}

function resource(stack: string, type: string, name: string, values: Values): Resource {
  const { '//': comment, provider, ...attributes } = values;
  const { path } = (comment as { readonly metadata: { readonly path: string } }).metadata;
  return {
    ...{ type, name, values: attributes, provider: String(provider) },
    path: path.slice(stack.length + 1),
    ref: (attribute) => `\${${type}.${name}.${attribute}}`,
  };
}

interface DocumentStatement {
  readonly sid: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources?: readonly string[];
  readonly principals?: readonly { readonly type: string; readonly identifiers: readonly string[] }[];
  readonly condition?: readonly {
    readonly test: string;
    readonly variable: string;
    readonly values: readonly string[];
  }[];
}

const statementsIn = ({ statement }: Values): readonly Statement[] =>
  (statement as readonly DocumentStatement[]).map(
    ({ sid, effect, actions, resources, principals, condition }) => ({
      ...{ sid, effect, actions: actions.toSorted() },
      ...(resources === undefined ? {} : { resources: resources.toSorted() }),
      ...(principals === undefined
        ? {}
        : {
            principals: principals
              .flatMap(({ type, identifiers }) => identifiers.map((name) => `${type}:${name}`))
              .toSorted(),
          }),
      ...(condition === undefined
        ? {}
        : {
            conditions: Object.fromEntries(
              condition.map(({ test, variable, values }) => [`${test} ${variable}`, values]),
            ),
          }),
    }),
  );

const known = new Map<string, Synthesized>();

/**
 * What a configuration becomes, with an empty zip in the place of the detector.
 * @param config the text of a `tocsin.yaml`, or what would be in it
 */
export function synthesized(config: string | object): Synthesized {
  const key = JSON.stringify(config);
  const found = known.get(key) ?? synthesize(parsed(config));
  known.set(key, found);
  return found;
}

function synthesize(config: Config): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'tocsin-synth-'));
  try {
    const detectorZip = join(outdir, 'detector.zip');
    writeFileSync(detectorZip, '');
    const app = buildApp(config, { outdir, detectorZip });
    app.synth();
    const stacks = Object.values(app.manifest.stacks).map(
      ({ name, synthesizedStackPath }) =>
        [name, new Stack(name, readFileSync(join(outdir, synthesizedStackPath), 'utf8'))] as const,
    );
    return new Synthesized(new Map(stacks));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

const parsed = (config: string | object): Config =>
  typeof config === 'string' ? parseConfig(config, 'tocsin.yaml') : CONFIG.parse(config);
