// @ts-check
// Draws docs/demo.svg: the coloured output of `tocsin demo`, recorded on a pseudo-terminal. Needs a built dist/ and
// `script` of util-linux. Run by hand when the output has changed.
//
//   node scripts/terminal-picture.mjs
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Characters a line; longer ones are cut with an ellipsis, because wrapped ones are hard to read in a picture. */
const COLUMNS = 132;
const CELL = { width: 8.4, height: 20 };
const PADDING = 20;
const TITLE_BAR = 36;
const THEME = {
  background: '#0d1117',
  bar: '#161b22',
  border: '#30363d',
  text: '#c9d1d9',
  bright: '#f0f6fc',
  dim: '#7d8590',
  red: '#ff7b72',
  green: '#56d364',
  yellow: '#e3b341',
  cyan: '#56d4dd',
};
/** SGR parameters of the colours that the command uses. */
const COLORS = /** @type {Readonly<Record<number, string>>} */ ({
  31: THEME.red,
  32: THEME.green,
  33: THEME.yellow,
  36: THEME.cyan,
});

/** Frames of the progress bar, which is gone when the command has ended. */
const BAR = /[█░]+ \d+% │[^\n\r\x1b]*? alerts/gu;

/** @typedef {{ bold: boolean, dim: boolean, color: string | undefined }} Style */
/** @typedef {{ character: string, style: Style }} Cell */

const PLAIN = /** @type {Style} */ ({ bold: false, dim: false, color: undefined });
const root = resolve(import.meta.dirname, '..');
const folder = join(tmpdir(), 'tocsin-demo');

rmSync(folder, { recursive: true, force: true });
const lines = screenOf(record(`${process.execPath} ${join(root, 'dist/cli.js')} demo --out ${folder}`));
rmSync(folder, { recursive: true, force: true });
const picture = [...prompt('tocsin demo'), ...lines];
writeFileSync(join(root, 'docs/demo.svg'), svgOf(picture));

/** What a command writes to a terminal, escape sequences and all. @param {string} command */
function record(command) {
  const wide = `stty cols 1000 rows 50; exec ${command}`;
  const env = { ...process.env };
  delete env['NO_COLOR'];
  const recorded = execFileSync('script', ['-qec', wide, '/dev/null'], {
    encoding: 'utf8',
    env: { ...env, TERM: 'xterm-256color', NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return recorded.replaceAll(BAR, '');
}

/** @param {string} command @returns {Cell[][]} */
function prompt(command) {
  const style = { ...PLAIN, color: THEME.green };
  return [[{ character: '$', style }, ...cells(` ${command}`, { ...PLAIN, bold: true })], []];
}

/** @param {string} text @param {Style} style @returns {Cell[]} */
function cells(text, style) {
  return [...text].map((character) => ({ character, style }));
}

/**
 * What stands on the screen in the end. Knows as much of a terminal as the command uses: colours, carriage return,
 * clearing, and moving within the line and upwards.
 * @param {string} recorded @returns {Cell[][]}
 */
function screenOf(recorded) {
  /** @type {Cell[][]} */
  const screen = [[]];
  let row = 0;
  let column = 0;
  let style = PLAIN;
  const line = () => (screen[row] ??= []);
  const token = /\x1b\[([?\d;]*)([A-Za-z])|\x1b[78=>]|[^]/gu;
  for (const [text, parameters = '', command] of recorded.matchAll(token)) {
    const count = Number.parseInt(parameters, 10) || 1;
    if (command === 'm') style = restyled(style, parameters);
    else if (command === 'A') row = Math.max(0, row - count);
    else if (command === 'C') column += count;
    else if (command === 'D') column = Math.max(0, column - count);
    else if (command === 'G') column = count - 1;
    else if (command === 'K') line().length = parameters === '2' ? 0 : Math.min(column, line().length);
    else if (command === 'J') {
      line().length = Math.min(column, line().length);
      screen.length = row + 1;
    } else if (command !== undefined || text.startsWith('\x1b')) continue;
    else if (text === '\r') column = 0;
    else if (text === '\n') row++;
    else {
      const here = line();
      while (here.length < column) here.push({ character: ' ', style: PLAIN });
      here[column++] = { character: text, style };
    }
  }
  const full = Array.from(screen, (found = []) => found);
  while (full.at(-1)?.length === 0) full.pop();
  return full;
}

/** @param {Style} style @param {string} parameters @returns {Style} */
function restyled(style, parameters) {
  let next = style;
  for (const code of parameters.split(';').map(Number)) {
    if (code === 0) next = PLAIN;
    else if (code === 1) next = { ...next, bold: true };
    else if (code === 2) next = { ...next, dim: true };
    else if (code === 22) next = { ...next, bold: false, dim: false };
    else if (code === 39) next = { ...next, color: undefined };
    else next = { ...next, color: COLORS[code] ?? next.color };
  }
  return next;
}

/** @param {Cell[][]} all */
function svgOf(all) {
  const shown = all.map((line) =>
    line.length <= COLUMNS
      ? line
      : [...line.slice(0, COLUMNS - 1), { character: '…', style: { ...PLAIN, dim: true } }],
  );
  const width = Math.round(COLUMNS * CELL.width + 2 * PADDING);
  const height = TITLE_BAR + shown.length * CELL.height + 2 * PADDING;
  const top = TITLE_BAR + PADDING;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, i) => `<circle cx="${String(20 + i * 20)}" cy="${String(TITLE_BAR / 2)}" r="6" fill="${fill}"/>`,
  );
  const texts = shown.map((line, i) => lineSvg(line, top + (i + 0.75) * CELL.height));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" width="${String(width)}" height="${String(height)}" role="img" aria-labelledby="title">
<!-- Drawn by scripts/terminal-picture.mjs from the output of the command. Do not edit. -->
<title id="title">The output of tocsin demo in a terminal: alerts on sample logs of AWS, Azure and Google Cloud</title>
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:${THEME.text};white-space:pre}.b{font-weight:700}.d{fill:${THEME.dim}}</style>
<rect x="0.5" y="0.5" width="${String(width - 1)}" height="${String(height - 1)}" rx="10" fill="${THEME.background}" stroke="${THEME.border}"/>
<path d="M1 ${String(TITLE_BAR)}V11A10 10 0 0 1 11 1H${String(width - 11)}A10 10 0 0 1 ${String(width - 1)} 11V${String(TITLE_BAR)}Z" fill="${THEME.bar}"/>
${dots.join('')}
${texts.filter((text) => text !== '').join('\n')}
</svg>
`;
}

/** One text element a run of the same style, as wide as its cells whatever font it falls back to. @param {readonly Cell[]} line @param {number} y */
function lineSvg(line, y) {
  /** @type {{ at: number, text: string, style: Style }[]} */
  const runs = [];
  for (const [at, { character, style }] of line.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && sameStyle(last.style, style)) last.text += character;
    else runs.push({ at, text: character, style });
  }
  return runs
    .filter(({ text }) => text.trim() !== '')
    .map((run) => runSvg(run, y))
    .join('');
}

/** @param {{ at: number, text: string, style: Style }} run @param {number} y */
function runSvg({ at, text, style }, y) {
  const start = at + (text.length - text.trimStart().length);
  const shown = text.trim();
  const classes = [style.bold ? 'b' : '', style.dim ? 'd' : ''].filter((name) => name !== '').join(' ');
  const color = style.color ?? (style.bold ? THEME.bright : undefined);
  const attributes = [
    `x="${(PADDING + start * CELL.width).toFixed(1)}" y="${String(y)}"`,
    `textLength="${([...shown].length * CELL.width).toFixed(1)}"`,
    classes === '' ? '' : `class="${classes}"`,
    color === undefined || style.dim ? '' : `style="fill:${color}"`,
  ];
  return `<text ${attributes.filter((attribute) => attribute !== '').join(' ')}>${escape(shown)}</text>`;
}

/** @param {Style} a @param {Style} b */
function sameStyle(a, b) {
  return a.bold === b.bold && a.dim === b.dim && a.color === b.color;
}

/** @param {string} text */
function escape(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
