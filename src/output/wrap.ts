const WIDE_FROM = 0x1100;
const PUNCTUATION_FROM = 0x2000;
const PUNCTUATION_TO = 0x2e7f;
const BREAK_AT = /(?<=[\s/,;:&|-])/;

/**
 * Columns that a text takes on a terminal, or more, never fewer: letters of East Asia and pictures take two, which
 * terminals do not agree on for some of them.
 */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character.codePointAt(0) ?? 0);
  return width;
}

const widthOf = (point: number): number =>
  point < WIDE_FROM || (point >= PUNCTUATION_FROM && point <= PUNCTUATION_TO) ? 1 : 2;

/**
 * Lines of at most `width` columns, broken at spaces, else behind the marks inside of names and paths, else anywhere.
 * Nothing but spaces at the breaks is lost.
 */
export function wrap(text: string, width: number): readonly string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const end = (): void => {
    lines.push(line.trimEnd());
    line = '';
    used = 0;
  };
  for (const word of text.split(/(?<=\s)(?=\S)/)) {
    const wordWidth = textWidth(word.trimEnd());
    if (used > 0 && used + wordWidth > width) end();
    if (wordWidth <= width) {
      line += word;
      used += textWidth(word);
      continue;
    }
    for (const part of word.split(BREAK_AT).flatMap((long) => pieces(long, width))) {
      const partWidth = textWidth(part.trimEnd());
      if (used > 0 && used + partWidth > width) end();
      line += part;
      used += textWidth(part);
    }
  }
  if (line !== '') end();
  return lines;
}

function pieces(word: string, width: number): readonly string[] {
  if (textWidth(word.trimEnd()) <= width) return [word];
  const parts: string[] = [];
  let part = '';
  let used = 0;
  for (const character of word) {
    const size = widthOf(character.codePointAt(0) ?? 0);
    if (used > 0 && used + size > width) {
      parts.push(part);
      part = '';
      used = 0;
    }
    part += character;
    used += size;
  }
  return [...parts, part];
}
