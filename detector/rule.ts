/**
 * The rule contract. A rule is one typed object; what it looks for is data, so that it can be indexed, explained,
 * tuned and reviewed. This file is all that a rule imports, and what the package exports to rule authors.
 */
import type { Json, JsonObject } from './engine/json.js';

export type { Json, JsonObject };

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const LOG_TYPES = [
  'aws.cloudtrail',
  'azure.signin',
  'azure.audit',
  'azure.activity',
  'gcp.audit',
] as const;
export type LogTypeId = (typeof LOG_TYPES)[number];

/**
 * Where a value is found in an event: names joined by dots, from the top of the event. Examples:
 * `userIdentity.arn`, `claims["http://schemas.example/upn"]` (a name that holds dots), `targetResources[0].id`,
 * `resources[type=AWS::S3::Object].arn` (the elements whose `type` is that text), `requestbody.json().Properties`.
 *
 * - A name is looked up without regard to case where the exact name is absent; below `json()` names are exact.
 * - A path through a list means every element, so it can have several values.
 * - Functions follow a value like a name does: see `engine/functions.ts` for the catalogue
 *   (`json()`, `split(/)`, `after(x)`, `afterLast(x)`, `before(x)`, `segment(vaults)`, `query(sp)`, `lower()`,
 *   `length()`, `unique()`, `address()`).
 * - `a ?? b` is the first of both that is not empty. `.` is the value itself, inside `some` and `every`.
 * - Named fields of the rule and of the log type (such as `actor`) are used like a name at the top.
 */
export type Path = string;

/** Text with expressions in braces: `{actor} stopped {requestParameters.name}`. A brace itself is written twice. */
export type Template = string;

/**
 * The value of another field of the same event, always read from the top of the event. No value, or an empty text,
 * fails the test: every text contains the empty one, which no rule means.
 */
export interface FieldReference {
  readonly field: Path;
  /** Text put before the field's value. @default '' */
  readonly prefix?: string;
  /** Text put behind the field's value. @default '' */
  readonly suffix?: string;
}

/** A value that the user sets in `tocsin.yaml`, with the default that the rule's `settings` declares. */
export interface SettingReference {
  readonly setting: string;
}

export type Scalar = string | number | boolean;
type OneOrMore<T> = T | readonly T[];
export type ScalarOperand = OneOrMore<Scalar> | FieldReference | SettingReference;
export type TextOperand = OneOrMore<string> | FieldReference | SettingReference;
export type NumberOperand = number | FieldReference | SettingReference;

/**
 * Tests of one value. Several operators must all hold, for the same element where the path has several values.
 * A list of operands means any of them. An operator never throws: a value of another type fails it.
 */
export interface Operators {
  /** Equal, with the same JSON type: `5` is not `"5"`. */
  readonly is?: ScalarOperand;
  /** Equal in the loose way of Sigma: without case, numbers and booleans also as text, `*` and `?` as wildcards. */
  readonly like?: OneOrMore<Scalar> | SettingReference;
  readonly prefix?: TextOperand;
  readonly suffix?: TextOperand;
  readonly contains?: TextOperand;
  /** The whole text: `*` is any run of characters, `?` one character, everything else stands for itself. */
  readonly glob?: OneOrMore<string> | SettingReference;
  /** Found anywhere in the text, anchors allowed. Patterns of user rules run in linear time (RE2 syntax). */
  readonly regex?: OneOrMore<string>;
  /** Ignores letter case in `is`, `prefix`, `suffix`, `contains`, `glob` and `regex` of this test. @default false */
  readonly ignoreCase?: boolean;
  /** An IP address inside one of these networks, IPv4 or IPv6. */
  readonly cidr?: OneOrMore<string> | SettingReference;
  /** `any`: is an IP address; `public`: one that is routed on the internet; `private`: one that is not. */
  readonly ip?: 'any' | 'public' | 'private';
  /** Compared as numbers; a text of digits counts as its number, exactly beyond 2^53 too. */
  readonly gt?: NumberOperand;
  readonly gte?: NumberOperand;
  readonly lt?: NumberOperand;
  readonly lte?: NumberOperand;
  /** The whole value is of this JSON type; a path through a list gives a list. */
  readonly type?: 'text' | 'number' | 'boolean' | 'list' | 'object';
  /** Missing or null. */
  readonly absent?: boolean;
  /** Missing, null, empty text, empty list or empty object. */
  readonly empty?: boolean;
  /** Neither missing, null, false, 0 nor empty. */
  readonly truthy?: boolean;
  /** At least one element holds; paths inside start at the element. A single value counts as a list of one. */
  readonly some?: Match;
  /** Every element holds; an empty or missing list holds too. */
  readonly every?: Match;
  /** No value passes this test. */
  readonly not?: Test;
  /** At least one of these tests holds. */
  readonly any?: readonly Test[];
}

/** A plain value is short for `is`, a list of them for any of them. */
export type Test = Scalar | readonly Scalar[] | Operators;

/** All the fields hold. A field named all, any or not is written `["all"]`. */
export type FieldTests = Readonly<Record<Path, Test>>;

export interface AllOf {
  readonly all: readonly Match[];
}
/** With a setting: any of the matches that the user listed there, none by default. */
export interface AnyOf {
  readonly any: readonly Match[] | SettingReference;
}
export interface NotThis {
  readonly not: Match;
}

/** Conditions that every log type may define under the same name, used in a match by name. */
export const CONDITION_NAMES = ['succeeded', 'failed'] as const;
export type ConditionName = (typeof CONDITION_NAMES)[number];

/** What a rule looks for. Total: on any event it is true or false and never throws. */
export type Match = ConditionName | FieldTests | AllOf | AnyOf | NotThis;

/** The value of the first case whose match holds; a case without a match always holds. */
export type Cases<T extends string> = readonly { readonly value: T; readonly match?: Match }[];

/** The elements at a path for which a match holds; paths in the match start at the element. */
export interface Selection {
  readonly each: Path;
  readonly where: Match;
}

/** A named value: a path, cases whose values are templates, or a selection. Later ones may use earlier ones. */
export type FieldDefinition = Path | Cases<Template> | Selection;
export type FieldDefinitions = Readonly<Record<string, FieldDefinition>>;

/** What code in a rule may see of an event. Everything is total: nothing here throws on an odd event. */
export interface RuleEvent {
  readonly record: JsonObject;
  /** The first value at a path; undefined when there is none or it is null. */
  get(path: Path): Json | undefined;
  /** The first value as text; undefined when there is none or it is no scalar. */
  text(path: Path): string | undefined;
  /** Every value at a path, lists opened. */
  all(path: Path): readonly Json[];
  setting(name: string): Json | undefined;
}

export interface Setting {
  readonly description: string;
  /** What applies when the user sets nothing. A list may hold texts, or matches where it stands behind `any`. */
  readonly default: Scalar | readonly Scalar[] | readonly Match[];
}

export interface Need {
  /** What the rule depends on: log data that is off by default, or configuration. */
  readonly what: string;
  /** `required`: without it the rule is inert. `optional`: it fires, with less. */
  readonly level: 'required' | 'optional';
}

export interface Rule {
  /** `<cloud>.<log>.<what-happened>`, equal to the file's path under rules/. */
  readonly id: string;
  readonly logTypes: readonly LogTypeId[];
  /** One line for a list. */
  readonly name: string;
  /** What happened, and why it matters. */
  readonly description: string;
  readonly severity: Severity;
  /** Overrides `severity` for an event, when it gives one. */
  readonly severityBy?: Cases<Severity> | ((event: RuleEvent) => Severity | undefined);
  /** MITRE ATT&CK, `tactic:technique`, such as `TA0007:T1201`. */
  readonly attack: readonly string[];
  /** What harmless activity looks the same. */
  readonly falsePositives: readonly string[];
  /** What the person who is woken does first. */
  readonly runbook: string;
  readonly references?: readonly string[];
  /** @default true */
  readonly enabled?: boolean;
  /** False records a signal and raises no alert. @default true */
  readonly alert?: boolean;
  /** Words of one's own that routes in `tocsin.yaml` can name. */
  readonly tags?: readonly string[];
  /** Names of the destinations of its alerts, at most 10; they win over the routes. An empty list sends them nowhere. */
  readonly destinations?: readonly string[];
  readonly needs?: readonly Need[];
  readonly settings?: Readonly<Record<string, Setting>>;
  /** Named values for this rule's match, templates and context. */
  readonly fields?: FieldDefinitions;
  readonly match: Match;
  /** Code for what data cannot say; runs only where `match` holds. Pure: no I/O, no clock, nothing kept. */
  readonly when?: (event: RuleEvent) => boolean;
  /** At most 1,000 characters when rendered. @default the rule's name */
  readonly title?: Template | Cases<Template> | ((event: RuleEvent) => string);
  /** What groups matches of this rule. @default the rendered title */
  readonly dedup?: Template | ((event: RuleEvent) => string);
  /** What an alert carries beside the standard context of the log type, by name. */
  readonly context?: Readonly<Record<string, Path>> | ((event: RuleEvent) => JsonObject);
  /** How many different events (or `distinct` values) within the window raise an alert; 1 to 1,000. @default 1 */
  readonly threshold?: number;
  /** Length of the window in minutes, by event time; 1 to 43,200 (30 days). @default 60 */
  readonly windowMinutes?: number;
  /** Counts different values of this instead of events; an event without a value counts nothing. */
  readonly distinct?: Path;
}

/** A test of a rule, beside it in the same file. What is left out is not compared. */
export interface RuleTest {
  readonly name: string;
  readonly event: JsonObject;
  readonly matches: boolean;
  /** Which log type the event is of. @default the first of the rule */
  readonly logType?: LogTypeId;
  readonly settings?: Readonly<Record<string, Setting['default']>>;
  readonly severity?: Severity;
  readonly title?: string;
  readonly dedup?: string;
  readonly distinct?: readonly string[];
  /** Compared name by name; names left out are not compared. */
  readonly context?: JsonObject;
  /** Texts that neither title, dedup key nor context may hold, such as a secret in the event. */
  readonly lacks?: readonly string[];
}

/** Gives a rule its type. The rule is checked in full when it is compiled. */
export const defineRule = (rule: Rule): Rule => rule;
