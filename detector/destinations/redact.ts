import { oneLine } from './text.js';

/** Longest text of an answer that an error carries. */
const MOST_RESPONSE = 500;

/**
 * What a destination answered, fit for logs, dead letters and terminals: one line, at most 500 characters, with
 * `[secret]` in place of every secret that was sent there.
 * @param truncated the answer went on; where it ends with the beginning of a secret, that goes too
 */
export function safeResponse(text: string, secrets: readonly string[], truncated = false): string {
  const forms = secretForms(secrets);
  // Hidden characters go first: a secret with one inside would not be found.
  const shown = redact(oneLine(text, text.length), forms);
  return oneLine(truncated ? withoutBeginning(shown, forms) : shown, MOST_RESPONSE);
}

function withoutBeginning(text: string, forms: readonly string[]): string {
  const lengths = forms.map((form) => {
    let length = Math.min(form.length, text.length);
    while (length > 0 && !text.endsWith(form.slice(0, length))) length -= 1;
    return length;
  });
  return text.slice(0, text.length - Math.max(0, ...lengths));
}

/** Replaces every secret, longest first, in a text of our own. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  redact(text, secretForms(secrets));

const redact = (text: string, forms: readonly string[]): string =>
  forms.reduce((left, form) => left.replaceAll(form, '[secret]'), text);

/** The spellings under which a secret can come back: itself, in a URL, in JSON, in base64, and the parts of a URL. */
function secretForms(secrets: readonly string[]): readonly string[] {
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '')),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
    ...(secret.startsWith('whsec_') ? [secret.slice('whsec_'.length)] : []),
    ...partsOfUrl(secret),
  ]);
  return [...new Set(forms)].filter((form) => form !== '').sort((a, b) => b.length - a.length);
}

function partsOfUrl(secret: string): string[] {
  if (!/^https?:/i.test(secret) || !URL.canParse(secret)) return [];
  const { href, pathname, search, searchParams, username, password } = new URL(secret);
  const pieces = [...pathname.split('/'), ...searchParams.values(), username, password];
  return [
    ...[href, `${pathname}${search}`, pathname].filter((part) => part.length > 1),
    ...pieces.filter((piece) => piece.length >= 8),
  ];
}
