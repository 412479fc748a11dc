import type { LogTypeId, Rule } from '../rule.js';
import { neededFields, type FieldNames } from './fields-read.js';
import { isList, isObject, type Json, type JsonObject } from './json.js';
import type { Vocabulary } from './vocabulary.js';

/** What was seen of the events of a log type that were looked at. */
export interface SeenFields {
  /** One that was looked at twice counts twice. */
  readonly events: number;
  /** Keys of the fields that had a value in one of them. */
  readonly fields: ReadonlySet<string>;
}

/** Elements of a list, names of an object and lists in lists that are looked at: a hostile event has any number. */
const MOST_ELEMENTS = 50;
const MOST_NAMES = 1000;
const MOST_LISTS = 8;

/** Names a field in the state: letter case is no part of it, as rules read names without regard to it. */
export const fieldKey = (names: FieldNames): string => shownField(names).toLowerCase();

/** As a path of a rule is written. */
export const shownField = (names: FieldNames): string =>
  names
    .map((name, i) =>
      /^[^.[\](){}"?\s]+$/.test(name) ? `${i === 0 ? '' : '.'}${name}` : `[${JSON.stringify(name)}]`,
    )
    .join('');

interface Node {
  readonly children: Map<string, Node>;
  key?: string;
}

/**
 * Tells which fields that rules need have a value in events. What it costs to look at an event depends on the names in
 * it, not on how many rules there are.
 */
export class FieldWatch {
  private readonly trees = new Map<LogTypeId, Node>();

  constructor(rules: readonly Rule[], vocabularies: readonly Vocabulary[]) {
    for (const vocabulary of vocabularies) {
      const own = rules.filter(({ logTypes }) => logTypes.includes(vocabulary.id));
      const tree: Node = { children: new Map() };
      for (const names of own.flatMap((rule) => neededFields(rule, vocabulary)).flat()) plant(tree, names);
      if (tree.children.size > 0) this.trees.set(vocabulary.id, tree);
    }
  }

  /** @returns what adds up events of one unit */
  begin(): FieldTally {
    return new FieldTally(this.trees);
  }
}

/** Adds up what was seen. */
export class FieldTally {
  private readonly found = new Map<LogTypeId, { events: number; readonly fields: Set<string> }>();

  constructor(private readonly trees: ReadonlyMap<LogTypeId, Node>) {}

  look(logType: LogTypeId, event: JsonObject): void {
    const tree = this.trees.get(logType);
    if (tree === undefined) return;
    const seen = this.found.get(logType) ?? { events: 0, fields: new Set() };
    this.found.set(logType, seen);
    seen.events++;
    visit(tree, event, seen.fields);
  }

  get seen(): ReadonlyMap<LogTypeId, SeenFields> {
    return this.found;
  }
}

function plant(tree: Node, names: FieldNames): void {
  let node = tree;
  for (const name of names) {
    const lower = name.toLowerCase();
    const next = node.children.get(lower) ?? { children: new Map() };
    node.children.set(lower, next);
    node = next;
  }
  node.key = fieldKey(names);
}

/**
 * As deep as the fields of rules are, however deep an event is.
 * @param lists that the value lies in directly
 * @param isOfList a path to it goes through a list: rules see a list then, with the nulls that are in it
 */
function visit(
  node: Node,
  value: Json | undefined,
  seen: Set<string>,
  { lists = 0, isOfList = false } = {},
): void {
  if (value === undefined || (value === null && !isOfList)) return;
  if (isList(value)) {
    if (lists === MOST_LISTS) return;
    if (node.key !== undefined) seen.add(node.key);
    for (const element of value.slice(0, MOST_ELEMENTS))
      visit(node, element, seen, { lists: lists + 1, isOfList: true });
    return;
  }
  if (node.key !== undefined) seen.add(node.key);
  if (node.children.size === 0 || !isObject(value)) return;
  let names = 0;
  for (const name in value) {
    if (names++ === MOST_NAMES) return;
    const child = node.children.get(name.toLowerCase());
    if (child !== undefined) visit(child, value[name], seen, { isOfList });
  }
}
