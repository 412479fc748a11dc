import type { AlertLogType } from '../alerts/group.js';
import { isList, type Json, type JsonObject } from '../engine/json.js';
import { parseAddress } from '../engine/ip.js';
import type { Severity } from '../rule.js';
import type { AlertMessage, MessageKind } from './destination.js';
import { oneLine, safeLink } from './text.js';

/** What every alert is told by, out of the standard contexts of the log types. Values are texts out of logs. */
export interface AlertFacts {
  readonly actor?: string;
  readonly account?: string;
  readonly region?: string;
  /** An address or, on AWS, the name of a service. */
  readonly source?: string;
  readonly operation?: string;
  readonly service?: string;
}

/** Where the standard context of each log type (detector/logs) keeps them; the first that has a value counts. */
const NAMES: Readonly<Record<keyof AlertFacts, readonly string[]>> = {
  actor: ['actor'],
  account: ['recipientAccountId', 'project', 'tenantId'],
  region: ['awsRegion', 'location'],
  source: ['sourceIPAddress', 'callerIpAddress', 'ipAddress', 'callerIp'],
  operation: ['eventName', 'operationName', 'methodName'],
  service: ['eventSource', 'serviceName', 'resourceDisplayName'],
};
const LONGEST = 300;

export const factsOf = ({ context }: AlertMessage): AlertFacts =>
  Object.fromEntries(
    Object.entries(NAMES).flatMap(([fact, names]) => {
      const text = names.map((name) => textOf(context, name)).find((found) => found !== '');
      return text === undefined ? [] : [[fact, text]];
    }),
  );

function textOf(context: JsonObject, name: string): string {
  const value = Object.hasOwn(context, name) ? context[name] : undefined;
  const values: readonly (Json | undefined)[] = isList(value) ? value.slice(0, 5) : [value];
  const texts = values.flatMap((one) => (isScalar(one) ? [oneLine(String(one), LONGEST)] : []));
  return oneLine(texts.join(', '), LONGEST);
}

const isScalar = (value: Json | undefined): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

export const isAddress = (text: string): boolean => parseAddress(text) !== undefined;

/** The cloud that a log type is of; undefined for what the detector says about itself. */
export const cloudNameOf = (logType: AlertLogType): string | undefined =>
  CLOUDS[logType.split('.', 1)[0] ?? ''];

const CLOUDS: Readonly<Record<string, string>> = { aws: 'AWS', azure: 'Azure', gcp: 'GCP' };

/** Facts with their labels, in the order in which people read them. Only those that there are. */
export function labelledFacts(message: AlertMessage): readonly (readonly [string, string])[] {
  const { actor, account, region, source, operation, service } = factsOf(message);
  const { firstEventTime: first, lastEventTime: last, events, late } = message;
  const span = first === last ? first : `${first} to ${last}`;
  return [
    ['Actor', actor],
    ['Operation', operation],
    ['Service', service],
    ['Account', account],
    ['Region', region],
    ['Source', source],
    ['Time', oneLine(late ? `${span} (late data)` : span, LONGEST)],
    ['Events', String(events)],
  ].filter((pair): pair is [string, string] => pair[1] !== undefined);
}

const OPENINGS: Readonly<Record<MessageKind, (severity: Severity) => string>> = {
  raised: (severity) => `[${severity.toUpperCase()}]`,
  updated: (severity) => `[${severity.toUpperCase()}]`,
  escalated: (severity) => `[${severity.toUpperCase()}, escalated]`,
  resolved: () => '[RESOLVED]',
  summary: (severity) => `[${severity.toUpperCase()}, summary]`,
  system: () => '[TOCSIN]',
  test: () => '[TEST]',
};

/** Severity or kind, then the title: one line, not escaped for anything. */
export const headline = (kind: MessageKind, message: AlertMessage, most: number): string =>
  oneLine(`${OPENINGS[kind](message.severity)} ${oneLine(message.title, most)}`, most);

export interface Link {
  readonly text: string;
  readonly href: string;
}

const ATTACK = /^(TA\d{4}):(T\d{4})(?:\.(\d{3}))?$/;
const MOST_LINKS = 10;

/** An ATT&CK reference of a rule taken apart; undefined for one that is not well formed. */
export function attackOf(
  reference: string,
): { readonly tactic: string; readonly technique: string; readonly subTechnique?: string } | undefined {
  const [, tactic, technique, sub] = ATTACK.exec(reference) ?? [];
  if (tactic === undefined || technique === undefined) return undefined;
  return { tactic, technique, ...(sub === undefined ? {} : { subTechnique: `${technique}.${sub}` }) };
}

/** Pages of the rule's techniques at MITRE, such as https://attack.mitre.org/techniques/T1078/004/. */
export function attackLinks({ rule }: AlertMessage): readonly Link[] {
  const links = rule.attack.flatMap((reference) => {
    const { technique, subTechnique } = attackOf(reference) ?? {};
    const id = subTechnique ?? technique;
    return id === undefined
      ? []
      : [[id, `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`] as const];
  });
  return [...new Map(links)].slice(0, MOST_LINKS).map(([text, href]) => ({ text, href }));
}

/** The rule's references that are https links. */
export const referenceLinks = ({ rule }: AlertMessage): readonly Link[] =>
  rule.references
    .flatMap((reference) => safeLink(reference) ?? [])
    .slice(0, MOST_LINKS)
    .map((href) => ({ text: new URL(href).host, href }));
