import { terminalText } from './terminal-text.js';

/**
 * What a spreadsheet takes for the start of a formula (OWASP, CSV injection), the full-width forms included; and what
 * it may skip before one.
 */
const FORMULA = /^[\s'"]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/**
 * One line of CSV (RFC 4180). A cell that a spreadsheet would run as a formula gets a quote in front, as OWASP
 * advises: log content must not run on the reader's machine. Control characters and the like are written as in JSON,
 * so that a row is one line and nothing in it hides.
 */
export const csvLine = (cells: readonly (string | number | undefined)[]): string =>
  `${cells.map((cell) => csvCell(cell ?? '')).join(',')}\r\n`;

function csvCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell);
  const inert = FORMULA.test(cell) ? `'${terminalText(cell)}` : terminalText(cell);
  // Semicolons separate cells where commas are decimal points.
  return /[",;]/.test(inert) || inert.startsWith("'") ? `"${inert.replaceAll('"', '""')}"` : inert;
}
