/** The contents of fenced blocks of one language, without their fences. */
export const fencedBlocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(/^```(\S*).*\n([^]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , text = '']) => text);

/** What stands under a heading, up to the next heading of any level. */
export function sectionOf(markdown: string, heading: string): string {
  const lines = markdown
    .replaceAll(/^```[^]*?^```$/gm, (block) => block.replaceAll(/^#/gm, '\0#'))
    .split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`there is no heading "${heading}"`);
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  const end = length < 0 ? lines.length : start + 1 + length;
  return lines
    .slice(start + 1, end)
    .join('\n')
    .replaceAll('\0', '');
}

/** The rows of tables as trimmed cells, heads left out. */
export function tablesOf(markdown: string): string[][][] {
  const tables = markdown.match(/(?:^\|.*\|$\n?)+/gm) ?? [];
  return tables.map((table) =>
    table
      .trim()
      .split('\n')
      .slice(2)
      .map((row) =>
        row
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim()),
      ),
  );
}

/** Targets of links and pictures inside of the repository. */
export const linksOf = (markdown: string): string[] =>
  [...markdown.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
