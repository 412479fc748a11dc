/** Cuts a text to at most `most` UTF-16 units, never inside a code point, with a mark that shows the cut. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const mark = '… [cut]';
  let end = Math.max(0, most - mark.length);
  const unit = text.charCodeAt(end - 1);
  if (unit >= 0xd800 && unit <= 0xdbff) end -= 1;
  return text.slice(0, end) + mark.slice(0, most);
}

/**
 * Whether a glob covers the whole text: `*` is any run of characters, `?` one (a code point). Takes at most length x
 * length steps whatever the text is, where a regular expression with several `.*` can take far longer.
 */
export function globMatches(glob: string, text: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const wanted = glob[next];
    if (wanted === '*') {
      star = next++;
      resume = at;
    } else if (wanted === '?' || wanted === text[at]) {
      at += wanted === '?' && text.codePointAt(at)! > 0xffff ? 2 : 1;
      next++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++resume;
    } else return false;
  }
  while (glob[next] === '*') next++;
  return next === glob.length;
}

/** A value as a message quotes it: JSON where it has any, cut to 80 characters. Total, whatever a rule's file holds. */
export function show(value: unknown): string {
  if (typeof value === 'bigint') return cutText(`${String(value)}n`, 80);
  if (typeof value === 'number') return String(value);
  return cutText(jsonOf(value) ?? (value === undefined ? 'undefined' : `a ${typeof value}`), 80);
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
