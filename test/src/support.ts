import type { Output } from '../../src/command.js';

/** An output that keeps what is written to it. */
export function fakeOutput(
  options: { readonly columns?: number; readonly colors?: boolean; readonly isTerminal?: boolean } = {},
): Output & { readonly written: () => string } {
  const { columns = 100, colors = false, isTerminal = false } = options;
  let text = '';
  return {
    columns,
    colors,
    isTerminal,
    isPipe: !isTerminal,
    screen: {},
    write: async (more) => {
      text += more;
    },
    written: () => text,
  };
}

/** The cells of one line of CSV, as RFC 4180 has it. */
export function csvRow(line: string): readonly string[] {
  const cells: string[] = [];
  let rest = `${line.replace(/\r\n$/, '')},`;
  while (rest !== '') {
    const [whole = '', quoted, plain = ''] = /^(?:"((?:[^"]|"")*)"|([^,"]*)),/.exec(rest) ?? [];
    if (whole === '') throw new Error(`This is no CSV: ${rest}`);
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    rest = rest.slice(whole.length);
  }
  return cells;
}
