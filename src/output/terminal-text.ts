/**
 * Text out of a log, made safe for a terminal: control characters, escape sequences, marks that change the direction
 * of writing and characters that cannot be seen are shown as they are written in JSON, so that no log line can move
 * the cursor, hide text or answer a question for the user.
 */
export const terminalText = (text: string): string =>
  // Controls (C0, C1), format characters (bidirectional marks, tags, joiners), lone surrogates, line and paragraph
  // separators, and whatever else Unicode says is drawn as nothing.
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, escaped);

/** The same for text of several lines, which stay. */
export const terminalLines = (text: string): string => text.split('\n').map(terminalText).join('\n');

/**
 * A value as one line of JSON. Inside of it such characters are written as escapes, which stand for the same: it is as
 * safe on a terminal as in a file.
 */
export const jsonLine = (value: unknown): string => `${terminalText(JSON.stringify(value))}\n`;

/** A character outside of the basic plane takes two units, as in JSON. */
const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
