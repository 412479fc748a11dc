import { z } from 'zod';
import { SEVERITIES } from '../rule.js';
import { isEndpoint, isPlainHttp } from './endpoint.js';
import type { HttpClient, HttpPolicy } from './http.js';
import { isSecretReference, SECRET_REFERENCE, type Secrets } from './secrets.js';

/** Options of everything that is reached by HTTP. */
const network = {
  /** Plain http too. @default false */
  allowInsecure: z.boolean().default(false),
  /** Addresses that are not on the internet too. @default false */
  allowPrivate: z.boolean().default(false),
  /** How long one request may take. @default 10 */
  timeoutSeconds: z.number().min(0.05).max(30).default(10),
};

const NO_URL =
  'expected an https URL without user, password and fragment; one that is itself a secret goes in as env:NAME or file:PATH';
const url = z.string().refine((text) => isEndpoint(text), { error: NO_URL });

/** Plain http is found when the configuration is checked, not at the first alert. */
const INSECURE = 'plain http would send alerts unprotected; use https, or set allowInsecure: true';
const isProtected = ({ baseUrl, url: own, allowInsecure }: Readonly<Record<string, unknown>>): boolean =>
  allowInsecure !== false || ![baseUrl, own].some((one) => typeof one === 'string' && isPlainHttp(one));

/** Looks whatever else is wrong, so that all mistakes are told at once: nothing that it sees need be of the right kind. */
const WHATEVER_ELSE = {
  when: ({ value }: { readonly value: unknown }) => typeof value === 'object' && value !== null,
};

const slack = z
  .strictObject({
    type: z.literal('slack'),
    /** An incoming webhook. Its URL is a secret. */
    webhookUrl: SECRET_REFERENCE.optional(),
    /** Or a bot token with the scope chat:write, and a channel that the bot is a member of. */
    token: SECRET_REFERENCE.optional(),
    channel: z
      .string()
      .regex(/^[#A-Za-z0-9_-]{1,100}$/)
      .optional(),
    baseUrl: url.default('https://slack.com'),
    ...network,
  })
  .refine(
    ({ webhookUrl, token, channel }) =>
      webhookUrl === undefined
        ? token !== undefined && channel !== undefined
        : token === undefined && channel === undefined,
    { error: 'expected either webhookUrl, or token and channel', ...WHATEVER_ELSE },
  )
  .refine(isProtected, { error: INSECURE, ...WHATEVER_ELSE });

const pagerduty = z
  .strictObject({
    type: z.literal('pagerduty'),
    /** Integration key of an "Events API v2" integration. */
    routingKey: SECRET_REFERENCE,
    /** For accounts in the EU: https://events.eu.pagerduty.com. */
    baseUrl: url.default('https://events.pagerduty.com'),
    ...network,
  })
  .refine(isProtected, { error: INSECURE, ...WHATEVER_ELSE });

const gid = z.string().regex(/^\d{1,32}$/, 'expected a gid: digits, such as those in the URL of a project');
// Not z.int(): its fault ends the checks of everything around it.
const dueDays = z.number().multipleOf(1).min(0).max(365).meta({ type: 'integer' }).nullable();

const asana = z
  .strictObject({
    type: z.literal('asana'),
    /** A personal access token or one of a service account. */
    token: SECRET_REFERENCE,
    project: gid,
    section: gid.optional(),
    /** A text field of the project that holds the mark of the alert. @default the last line of the notes */
    customField: gid.optional(),
    /** Days until a task is due, by severity; null: never. */
    dueDays: z
      .strictObject({
        critical: dueDays.default(1),
        high: dueDays.default(3),
        medium: dueDays.default(7),
        low: dueDays.default(14),
        info: dueDays.default(null),
      } satisfies Record<(typeof SEVERITIES)[number], unknown>)
      .prefault({}),
    baseUrl: url.default('https://app.asana.com'),
    ...network,
  })
  .refine(isProtected, { error: INSECURE, ...WHATEVER_ELSE });

/** Set by the client and the signature, or hop by hop (RFC 9110, section 7.6.1). */
const OUR_HEADERS =
  /^(?:host|content-length|content-type|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|proxy-.*|webhook-.*)$/i;
/** Names of headers whose values are secrets. */
const SECRET_HEADER = /authorization|cookie|token|secret|password|api-?key|signature/i;

const headers = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'expected the name of an HTTP header'),
    z
      .string()
      .max(2000)
      .regex(/^[\t\x20-\x7e]*$/, 'expected printable ASCII'),
  )
  .superRefine((all: Readonly<Record<string, unknown>>, context) => {
    const names = new Set<string>();
    for (const [name, value] of Object.entries(all)) {
      const problem = OUR_HEADERS.test(name)
        ? 'this header is set by Tocsin'
        : names.has(name.toLowerCase())
          ? 'this header is set twice'
          : typeof value === 'string' && SECRET_HEADER.test(name) && !isSecretReference(value)
            ? 'expected a reference to a secret, env:NAME or file:PATH, never the secret itself'
            : undefined;
      if (problem !== undefined) context.addIssue({ code: 'custom', path: [name], message: problem });
      names.add(name.toLowerCase());
    }
  }, WHATEVER_ELSE);

/** For destinations that take anything: whether they also get `updated`, a message for every growth of an alert. */
const updates = z.boolean().default(false);
/** `tocsin`: docs/schema/alert.schema.json. `ocsf`: OCSF 1.3.0 Detection Finding. */
const format = z.enum(['tocsin', 'ocsf']).default('tocsin');

const webhook = z
  .strictObject({
    type: z.literal('webhook'),
    /** One that is itself a secret is a reference. */
    url: z.string().refine((text) => isSecretReference(text) || isEndpoint(text), { error: NO_URL }),
    /** Keys of Standard Webhooks, `whsec_` and base64. All sign, so that a key can be changed without a gap. */
    signingSecrets: z.array(SECRET_REFERENCE).min(1).max(5).optional(),
    /** Values may be references to secrets. */
    headers: headers.default({}),
    format,
    updates,
    ...network,
  })
  .refine(isProtected, { error: INSECURE, ...WHATEVER_ELSE });

const file = z.strictObject({
  type: z.literal('file'),
  path: z.string().regex(/^(?!env:|file:)[^\0]+$/, 'expected a plain path, without "file:"'),
  format,
  updates,
});

const stdout = z.strictObject({ type: z.literal('stdout'), format, updates });

/** What `destinations.<name>` may say in `tocsin.yaml`. */
export const DESTINATION_OPTIONS = z.discriminatedUnion('type', [
  slack,
  pagerduty,
  asana,
  webhook,
  file,
  stdout,
]);

export type DestinationOptions = z.infer<typeof DESTINATION_OPTIONS>;
export type OptionsOf<T extends DestinationOptions['type']> = Extract<DestinationOptions, { type: T }>;

export interface DestinationDeps {
  readonly http: HttpClient;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What `resolveSecrets` returned for these options. */
  readonly secrets: Secrets;
  /** Writes one line to standard output and waits until it is gone; only `stdout` asks for it. */
  readonly print: (line: string) => Promise<void>;
}

export const policyOf = (
  destination: string,
  options: {
    readonly allowInsecure: boolean;
    readonly allowPrivate: boolean;
    readonly timeoutSeconds: number;
  },
  secrets: Secrets,
): HttpPolicy => ({
  destination,
  allowInsecure: options.allowInsecure,
  allowPrivate: options.allowPrivate,
  timeoutMs: options.timeoutSeconds * 1000,
  secrets: Object.values(secrets),
});
