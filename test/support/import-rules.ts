import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

/**
 * The one-way rules between the rooms of the project, as data. Each says which files it speaks about and which
 * imports it refuses them; type-only and dynamic imports count like any other.
 */
interface ImportRule {
  /** What holds, in the words of the error message. */
  readonly says: string;
  readonly appliesTo: (file: string) => boolean;
  readonly refuses: (target: Target) => boolean;
}

/** What an import names: a file of the project (no extension), a module of Node (no `node:`), or a package. */
type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'package'; readonly name: string };

const CLOUD_SDKS = ['@aws-sdk', '@azure', '@google-cloud'];
const CLOUD_ROOMS = [
  'detector/feeds',
  'detector/state',
  'detector/destinations',
  'detector/runtimes',
  'src/cloud',
];

/** Computes, and reads or writes nothing. zlib is left out: unpacking belongs to the feeds. */
const PURE_NODE_MODULES = ['assert', 'buffer', 'crypto', 'path', 'string_decoder', 'url', 'util'];
const PURE_PACKAGES = ['ipaddr.js', 're2js', 'zod'];

const IMPORT_RULES: readonly ImportRule[] = [
  {
    says: 'rules import nothing but detector/rule and other files of rules',
    appliesTo: (file) => isIn(file, 'rules'),
    refuses: (target) => !(isFileIn(target, 'rules') || isFile(target, 'detector/rule')),
  },
  {
    says: 'the detector never imports src, stacks or rules',
    appliesTo: (file) => isIn(file, 'detector'),
    refuses: (target) => ['src', 'stacks', 'rules'].some((room) => isFileIn(target, room)),
  },
  {
    says: 'detector/engine and detector/rule import only each other',
    appliesTo: isEngine,
    refuses: (target) => target.kind === 'file' && !isEngine(target.path),
  },
  {
    says: `detector/engine and detector/rule import nothing that does I/O (allowed: ${PURE_NODE_MODULES.map((name) => `node:${name}`).join(', ')}, ${PURE_PACKAGES.join(', ')})`,
    appliesTo: isEngine,
    refuses: (target) =>
      (target.kind === 'node' && !PURE_NODE_MODULES.includes(target.name)) ||
      (target.kind === 'package' && !PURE_PACKAGES.includes(target.name)),
  },
  {
    says: `cloud SDKs are imported only in ${CLOUD_ROOMS.join(', ')}`,
    appliesTo: (file) => !CLOUD_ROOMS.some((room) => isIn(file, room)),
    refuses: (target) => isPackageOf(target, CLOUD_SDKS),
  },
  {
    says: 'CDKTF is imported only in stacks',
    appliesTo: (file) => !isIn(file, 'stacks'),
    refuses: (target) => isPackageOf(target, ['cdktf', 'constructs', '@cdktf']),
  },
  {
    says: 'stacks never import src/commands',
    appliesTo: (file) => isIn(file, 'stacks'),
    refuses: (target) => isFileIn(target, 'src/commands'),
  },
  {
    says: 'inquirer is imported only in src/prompts.ts',
    appliesTo: (file) => file !== 'src/prompts.ts',
    refuses: (target) => isPackageOf(target, ['inquirer', '@inquirer']),
  },
];

/**
 * One sentence for each import of a file that breaks a rule: file, import, rule.
 *
 * @param file path from the root of the repository, with `/`
 * @param text what the file holds
 */
export function importBreaches(file: string, text: string): string[] {
  const rules = IMPORT_RULES.filter((rule) => rule.appliesTo(file));
  return importsOf(text).flatMap((specifier) => {
    const target = targetOf(file, specifier);
    return rules
      .filter((rule) => rule.refuses(target))
      .map((rule) => `${file} imports "${specifier}", but ${rule.says}`);
  });
}

function importsOf(text: string): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return [...new Set(importedFiles.map((found) => found.fileName))];
}

function targetOf(file: string, specifier: string): Target {
  if (/^\.{1,2}(\/|$)/.test(specifier)) {
    const path = posix.join(posix.dirname(file), specifier);
    return { kind: 'file', path: withoutExtension(path) };
  }
  if (isBuiltin(specifier)) return { kind: 'node', name: specifier.replace(/^node:/, '') };
  return { kind: 'package', name: specifier };
}

function withoutExtension(path: string): string {
  return path.replace(/\.[cm]?[jt]s$/, '');
}

function isIn(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`);
}

function isFileIn(target: Target, room: string): boolean {
  return target.kind === 'file' && isIn(target.path, room);
}

function isFile(target: Target, path: string): boolean {
  return target.kind === 'file' && target.path === path;
}

/** `names` are packages or whole scopes. */
function isPackageOf(target: Target, names: readonly string[]): boolean {
  return target.kind === 'package' && names.some((name) => isIn(target.name, name));
}

function isEngine(file: string): boolean {
  return isIn(file, 'detector/engine') || isIn(withoutExtension(file), 'detector/rule');
}
