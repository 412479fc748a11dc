import { cutText } from '../engine/text.js';

/**
 * Text that comes out of logs, made harmless. Attackers write into user names, user agents and resource names; whoever
 * reads the alert must not be paged, misled or sent to another site by what they wrote.
 */

/**
 * Never shown: control characters but tab and newline (terminal escapes), soft hyphens, marks that change the direction
 * of writing or take no room, line separators, and tag characters. Lone surrogates become U+FFFD, because strict JSON
 * readers refuse them.
 */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

const strip = (text: string): string => text.replace(LONE_SURROGATE, '\ufffd').replace(HIDDEN, '');

/** Keeps work small on megabytes of text; twice the room is left for what is stripped. */
const shorten = (text: string, most: number): string => text.slice(0, 2 * most + 64);

/** One line: hidden characters gone, white space folded, cut to at most `most` UTF-16 units at a code point. */
export const oneLine = (text: string, most: number): string =>
  cutText(strip(shorten(text, most)).replace(/\s+/g, ' ').trim(), most);

/** Several lines: like `oneLine`, but line breaks stay, at most two in a row. */
export const severalLines = (text: string, most: number): string =>
  cutText(
    strip(shorten(text.replaceAll('\r\n', '\n'), most))
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
    most,
  );

/**
 * For the few places where Slack reads mrkdwn. `&`, `<` and `>` are its only control characters: with them escaped,
 * `<!channel>` pages nobody and `<https://…|text>` is no link. Formatting (`*`, `_`, `~`, `` ` ``) has no escape there, so
 * text out of logs goes into plain_text objects, which format nothing.
 * @see https://docs.slack.dev/messaging/formatting-message-text (Escaping text)
 */
export const slackEscape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * An https link that can be handed on, or undefined: no other scheme, no user or password, at most 2,000 characters,
 * and nothing in it that ends a link in mrkdwn or Markdown.
 */
export function safeLink(text: string): string | undefined {
  if (text.length > 2000 || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined;
  return url.href.replace(/[|<>()[\]\\`*]/g, (character) =>
    `%${character.charCodeAt(0).toString(16)}`.toUpperCase(),
  );
}

/** What JSON leaves as it is, but a terminal or an editor obeys. */
const UNQUOTED =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * JSON text in one line. Nothing is lost and nothing acts: hidden characters are written as `\uXXXX`. Lone surrogates
 * and U+0000 become U+FFFD, because common receivers (PostgreSQL, serde) refuse a document that holds them.
 */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'string' ? wellFormed(inner) : withWellFormedNames(inner),
  ).replace(UNQUOTED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const withWellFormedNames = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [wellFormed(name), inner as unknown]))
    : value;

const wellFormed = (text: string): string =>
  text.replace(LONE_SURROGATE, '\ufffd').replaceAll('\u0000', '\ufffd');
