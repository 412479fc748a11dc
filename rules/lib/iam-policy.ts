/**
 * Whom a resource policy of AWS lets in. Pure and total: a policy is text that came with a log record, so
 * anything may stand anywhere, and what has another type than IAM's grammar gives it says nothing. Linear in
 * its size. Names of policy elements are exact; operators and keys of conditions ignore letter case.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
import type { Json, JsonObject } from '../../detector/rule.js';

/** A policy given as an object or as its JSON text; undefined for anything else. */
export function parsePolicy(value: Json | undefined): JsonObject | undefined {
  if (typeof value !== 'string') return isObject(value) ? value : undefined;
  try {
    const parsed = JSON.parse(value) as Json;
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Some statement lets in accounts that nobody named, and its conditions do not limit that either. */
export const isInternetOpen = (policy: JsonObject): boolean =>
  statementsOf(policy).some(
    (statement) => allows(statement) && !isLimitedByCondition(statement) && hasOpenPrincipal(statement),
  );

/** Some statement allows `*` itself and has no organisation among its conditions, not even to exclude it. */
export const allowsEveryoneOutsideOrganizations = (policy: JsonObject): boolean =>
  statementsOf(policy).some(
    (statement) =>
      allows(statement) &&
      principalsOf(statement).includes('*') &&
      !conditionsOf(statement).some(({ key }) => ORGANIZATION_KEYS.some((name) => key.includes(name))),
  );

const ORGANIZATION_KEYS = ['principalorgid', 'sourceorgid', 'principalorgpaths'];

const statementsOf = ({ Statement }: JsonObject): readonly JsonObject[] => listOf(Statement).filter(isObject);

const allows = ({ Effect }: JsonObject): boolean => Effect === 'Allow';

function hasOpenPrincipal(statement: JsonObject): boolean {
  return Object.hasOwn(statement, 'NotPrincipal') || principalsOf(statement).some(isOpenArn);
}

/** `CanonicalUser` is left out: it always names one account. */
function principalsOf({ Principal }: JsonObject): readonly string[] {
  const named = isObject(Principal)
    ? [Principal.AWS, Principal.Service, Principal.Federated].flatMap(listOf)
    : listOf(Principal);
  return named.filter((principal) => typeof principal === 'string');
}

interface Condition {
  readonly operator: string;
  /** In lower case. */
  readonly key: string;
  readonly value: Json;
}

const conditionsOf = ({ Condition }: JsonObject): readonly Condition[] =>
  entriesOf(Condition).flatMap(([operator, keys]) =>
    entriesOf(keys).map(([key, value]) => ({ operator, key: key.toLowerCase(), value })),
  );

/** Conditions limit a statement when some are about who calls, and none of those lets everyone through. */
function isLimitedByCondition(statement: JsonObject): boolean {
  const entries = conditionsOf(statement).flatMap(({ operator, key, value }) => {
    const isOpen = LIMITING_OPERATOR.test(operator) ? LIMITING_KEYS.get(key) : undefined;
    return isOpen === undefined ? [] : listOf(value).map((each) => isOpen(textOf(each)));
  });
  return entries.length > 0 && !entries.includes(true);
}

/** The start of a name: IgnoreCase and IfExists may follow. Negated operators let in all but somebody. */
const LIMITING_OPERATOR =
  /^(?:(?:ForAllValues|ForAnyValue):)?(?:ArnEquals|ArnLike|StringEquals|StringLike|IpAddress)/i;

type OpenTest = (value: string) => boolean;

const hasWildcard: OpenTest = (value) => value.includes('*');
const isWholeInternet: OpenTest = (network) => network.endsWith('/0');

/** A user id limits by the fixed text before a wildcard at its end, as in `AROAEXAMPLE:*`. */
const isOpenUserId: OpenTest = (id) => id !== '' && id.indexOf('*') !== id.length - 1;

/** An organisation's id, or a path in it: `o-example/r-root/ou-unit/*`. */
function isOpenOrganization(path: string): boolean {
  const [organization = '', root = '*', ...units] = path.split('/');
  const wellFormed =
    organization.startsWith('o-') &&
    (root === '*' || root.startsWith('r-')) &&
    units.every((unit) => unit === '' || unit === '*' || unit.startsWith('ou-'));
  return wellFormed ? organization === 'o-*' : path.includes('o-*');
}

const PARSED_ARN = /^arn:[^:]*:(?<service>[^:]*):[^:]*:(?<account>|\*|\d{12}|cloudfront|aws):./s;
const CLOSED_PRINCIPALS = [
  /^(?:\d{12})+$/,
  /^[^.]+(?:\.[^.]+)?\.(?:amazonaws|amazon)\.com$/,
  /^[^.]+\.aws\.internal$/,
];

/** A principal or an ARN that stands for accounts nobody named. ARNs of buckets never have an account. */
export function isOpenArn(text: string): boolean {
  if (text === '*') return true;
  const { service, account } = PARSED_ARN.exec(text)?.groups ?? {};
  if (account !== undefined) return service !== 's3' && (account === '' || account === '*');
  return hasWildcard(text) && !CLOSED_PRINCIPALS.some((pattern) => pattern.test(text));
}

/** The condition keys that say who calls or from where, in lower case, with when a value means anyone. */
const LIMITING_KEYS: ReadonlyMap<string, OpenTest> = new Map([
  ['aws:sourcearn', isOpenArn],
  ['aws:principalarn', isOpenArn],
  ['aws:sourceowner', hasWildcard],
  ['aws:sourceaccount', hasWildcard],
  ['aws:principalaccount', hasWildcard],
  ['kms:calleraccount', hasWildcard],
  ['aws:principalorgid', isOpenOrganization],
  ['aws:principalorgpaths', isOpenOrganization],
  ['aws:userid', isOpenUserId],
  ['aws:sourceip', isWholeInternet],
  ['aws:sourcevpc', hasWildcard],
  ['aws:sourcevpce', hasWildcard],
  ['saml:aud', hasWildcard],
]);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const entriesOf = (value: Json | undefined): readonly (readonly [string, Json])[] =>
  isObject(value) ? Object.entries(value) : [];

const listOf = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly Json[]) : [value];

/** A number or a boolean as its text; anything else that is no text as '', which is open nowhere. */
const textOf = (value: Json): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
