import {
  deployerPolicies,
  type DeployerPolicy,
  type StackFiles,
} from '../../src/config/aws/deployer/policies.js';
import type { PolicyDocument } from '../../src/config/aws/deployer/documents.js';
import type { Step } from '../../src/config/aws/deployer/grant.js';
import { topologyOf } from '../../src/config/aws/of-config.js';
import type { PolicyStatement } from '../../src/config/aws/statement.js';
import { CONFIG } from '../../src/config/schema.js';
import { synthesized } from './synth.js';

/** The policies that `tocsin synth` writes for a configuration. */
export class Deployer {
  readonly policies: readonly DeployerPolicy[];

  constructor(config: object) {
    const topology = topologyOf(CONFIG.parse(config));
    const files = Object.fromEntries(synthesized(config).all.map(({ name, file }) => [name, file]));
    this.policies = topology === undefined ? [] : deployerPolicies(topology, files as unknown as StackFiles);
  }

  get files(): readonly string[] {
    return this.policies.map(({ file }) => file);
  }

  documents(account: string | undefined, step: Step): readonly PolicyDocument[] {
    return this.policies
      .filter((policy) => policy.account === account && policy.step === step)
      .map(({ document }) => document);
  }

  statements(account: string | undefined, step: Step): readonly PolicyStatement[] {
    return this.documents(account, step).flatMap(({ Statement }) => Statement);
  }

  get all(): readonly PolicyStatement[] {
    return this.policies.flatMap(({ document }) => document.Statement);
  }

  statement(account: string | undefined, step: Step, sid: string): PolicyStatement {
    const all = this.statements(account, step);
    const found = all.find(({ Sid }) => Sid === sid);
    if (found === undefined)
      throw new Error(`No statement is called ${sid}; there are ${all.map(({ Sid }) => Sid).join(', ')}.`);
    return found;
  }
}

/** Texts of an element that may be one text. */
export const list = (texts: string | readonly string[] | undefined): readonly string[] =>
  texts === undefined ? [] : typeof texts === 'string' ? [texts] : texts;
