import Table from 'cli-table3';
import type { Output } from '../command.js';
import { palette } from './colors.js';
import { terminalText } from './terminal-text.js';
import { textWidth, wrap } from './wrap.js';

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
};
const NONE = {
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Spaces between columns. */
const GAP = 2;
/** Columns that a flexible column needs; with fewer the rows are written one below the other. */
const LEAST_ROOM = 32;
/** Rows drawn at once: the drawing takes memory for every cell. */
const ROWS_AT_ONCE = 500;

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
  /** Takes the width that is left; its text is wrapped. One column of a table can be flexible. */
  readonly flexible?: boolean;
}

/** Text from anywhere, made safe before it is styled. */
export interface StyledCell {
  readonly text: string;
  readonly style?: (text: string) => string;
  /** A second line, in dim. */
  readonly below?: string;
}
export type Cell = string | StyledCell;

/** A table as wide as the terminal. Every cell is made safe for it. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  output: Output,
): string {
  const cells = rows.map((row) => row.map((cell) => safeCell(cell)));
  const widths = columns.map((column, i) =>
    cells.reduce((width, row) => Math.max(width, cellWidth(row[i])), textWidth(column.head)),
  );
  const flexible = columns.findIndex((column) => column.flexible === true);
  const others = widths.reduce((sum, width, i) => (i === flexible ? sum : sum + width + GAP), 0);
  const room = output.columns - others;
  if (flexible >= 0 && room < Math.min(LEAST_ROOM, widths[flexible] ?? 0))
    return stacked(flexible, cells, output);
  const fitted = widths.map((width, i) => (i === flexible ? Math.min(width, room) : width));
  let text = '';
  for (let from = 0; from === 0 || from < cells.length; from += ROWS_AT_ONCE) {
    text += drawn(columns, cells.slice(from, from + ROWS_AT_ONCE), fitted, output, from === 0);
  }
  return text;
}

function drawn(
  columns: readonly Column[],
  cells: readonly (readonly StyledCell[])[],
  widths: readonly number[],
  output: Output,
  withHead: boolean,
): string {
  const { bold } = palette(output);
  const lines = new Table({
    ...(withHead ? { head: columns.map((column) => bold(column.head)) } : {}),
    colAligns: columns.map((column) => column.align ?? 'left'),
    colWidths: [...widths],
    chars: { ...BARE, ...NONE },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of cells) {
    lines.push(row.map((cell, i) => cellLines(cell, widths[i] ?? 1, output).join('\n')));
  }
  // Nothing is drawn without rows and head. Blanks at the ends would wrap on a terminal that is made narrower.
  const text = lines.toString();
  return text === '' ? '' : `${text.replace(/ +$/gm, '')}\n`;
}

/** For a narrow terminal: the short cells in one line, the long one below them. */
function stacked(flexible: number, cells: readonly (readonly StyledCell[])[], output: Output): string {
  const width = Math.max(1, output.columns - GAP);
  const indent = ' '.repeat(GAP);
  return cells
    .map((row) => {
      const short = row.filter((_, i) => i !== flexible && row[i]?.text !== '');
      const head = short.map(({ text, style }) => style?.(text) ?? text).join(indent);
      const long = row[flexible] === undefined ? [] : cellLines(row[flexible], width, output);
      return [head, ...long.map((line) => `${indent}${line}`)].map((line) => `${line}\n`).join('');
    })
    .join('');
}

function cellLines({ text, style, below }: StyledCell, width: number, output: Output): readonly string[] {
  const { dim } = palette(output);
  const lines = wrap(text, width).map((line) => style?.(line) ?? line);
  return below === undefined ? lines : [...lines, ...wrap(below, width).map((line) => dim(line))];
}

const cellWidth = (cell: StyledCell | undefined): number =>
  Math.max(textWidth(cell?.text ?? ''), textWidth(cell?.below ?? ''));

function safeCell(cell: Cell): StyledCell {
  if (typeof cell === 'string') return { text: terminalText(cell) };
  return {
    ...cell,
    text: terminalText(cell.text),
    ...(cell.below === undefined ? {} : { below: terminalText(cell.below) }),
  };
}
