import { resolve } from 'node:path';
import { createEngine, type Engine, type RuleSource } from '../../detector/engine/engine.js';
import { globMatches } from '../../detector/engine/text.js';
import { logTypes } from '../../detector/logs/index.js';
import type { RuleTest, Setting } from '../../detector/rule.js';
import { rules as builtInRules } from '../../rules/index.js';
import type { Config } from '../config/schema.js';
import { UsageError } from '../errors.js';

/** Which rules a command works with; the options of the same names. */
export interface RuleChoice {
  /** Glob over rule ids, such as `aws.*`. */
  readonly rules?: string;
  /** A folder of the user's own rules. @default the one named in tocsin.yaml */
  readonly rulesDir?: string;
  /** False leaves out the rules of Tocsin. @default true */
  readonly builtin?: boolean;
  readonly includeDisabled?: boolean;
}

export interface LoadedRule extends RuleSource {
  /** Tests beside the rule; absent for ours, which are loaded only to be run. */
  readonly tests?: readonly RuleTest[];
}

/** @throws UsageError when the choice leaves no rule, RuleProblemsError for mistakes in the user's rules */
export async function loadRules(
  choice: RuleChoice,
  config: Config & { file?: string },
  cwd: string,
): Promise<readonly LoadedRule[]> {
  const base = config.file === undefined ? cwd : resolve(config.file, '..');
  const folder =
    choice.rulesDir === undefined
      ? config.rules.folder && resolve(base, config.rules.folder)
      : resolve(cwd, choice.rulesDir);
  const own = folder === undefined ? [] : await (await import('./user-rules.js')).loadUserRules(folder, cwd);
  const ours = choice.builtin === false ? [] : builtInRules.map((rule) => ({ rule, reviewed: true }));
  const all: readonly LoadedRule[] = [...ours, ...own];
  // Settings are no mistake because their rules are left out this time, by --no-builtin or another --rules-dir.
  refuseUnknownSettings(
    config,
    [...builtInRules.map((rule) => ({ rule })), ...own],
    choice.rulesDir !== undefined,
  );
  const { rules: glob } = choice;
  const chosen = glob === undefined ? all : all.filter(({ rule }) => mayBeMeant(glob, rule.id));
  if (all.length === 0) {
    throw new UsageError(
      'NO_RULES',
      folder === undefined ? 'There is no rule to work with.' : `There is no rule file in ${folder}.`,
      'Name a folder of rules with --rules-dir, or leave out --no-builtin.',
    );
  }
  if (chosen.length === 0) {
    throw new UsageError(
      'NO_RULES',
      `No rule has an id that fits "${glob ?? ''}".`,
      'List the rules with `tocsin rules list`; globs use * and ?.',
    );
  }
  return chosen.map((source) => ({
    ...source,
    settings: (config.rules.settings[source.rule.id] ?? {}) as Record<string, Setting['default']>,
  }));
}

/** A rule of the user's without a proper id always is, so that its mistakes are told. */
const mayBeMeant = (glob: string, id: unknown): boolean => typeof id !== 'string' || globMatches(glob, id);

export const engineOf = (rules: readonly LoadedRule[], includeDisabled = false): Engine =>
  createEngine(rules, logTypes, { includeDisabled });

function refuseUnknownSettings(
  config: Config & { file?: string },
  all: readonly LoadedRule[],
  otherFolder: boolean,
): void {
  const wrong = Object.entries(config.rules.settings).flatMap(([id, settings]) => {
    const rule = all.find((source) => source.rule.id === id)?.rule;
    if (rule === undefined) return otherFolder ? [] : [`there is no rule "${id}"`];
    const known = Object.keys(rule.settings ?? {});
    return Object.keys(settings)
      .filter((name) => !known.includes(name))
      .map((name) => `rule ${id} has no setting "${name}" (it has: ${known.join(', ') || 'none'})`);
  });
  if (wrong.length > 0) {
    throw new UsageError(
      'UNKNOWN_SETTINGS',
      `${config.file ?? 'The configuration'}, rules.settings: ${wrong.join('; ')}`,
      'See the settings of a rule with `tocsin rules show ID`.',
    );
  }
}
