/** Names that somebody may have meant, the nearest first: those that hold what was typed, and those with a slip in it. */
export function nearest(wanted: string, known: readonly string[], most = 3): readonly string[] {
  const typed = wanted.toLowerCase().slice(0, 200);
  const last = typed.split('.').at(-1) ?? '';
  const slips = Math.max(2, Math.floor(typed.length / 8));
  return known
    .map((name) => ({
      name,
      distance: last.length >= 3 && name.includes(last) ? 0 : editDistance(typed, name),
    }))
    .filter(({ distance }) => distance <= slips)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ name }) => name);
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
