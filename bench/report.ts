import type { Measurement, Spread } from './measure.js';

const MB = 1_000_000;

/** One line of JSON; four digits a number, since more would be noise. */
export const jsonLine = (value: object): string =>
  `${JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'number' && !Number.isInteger(inner) ? Number(inner.toPrecision(4)) : inner,
  )}\n`;

const HEAD = ['case', 'speed', 'spread', 'by CPU', 'of', 'events/s', 'MB/s', 'ms', 'spread', 'peak MB'];
/** Results as a table in plain text. Columns that no case fills are left out. */
export function tableOf(results: readonly Measurement[]): string {
  const rows = [HEAD, ...results.map(cellsOf)];
  const shown = HEAD.map((_, column) => rows.slice(1).some((row) => row[column] !== ''));
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const isText = (column: number): boolean => HEAD[column] === 'case' || HEAD[column] === 'of';
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .filter((_, column) => shown[column])
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function cellsOf({ case: name, against, ratio, cpuRatio, ms, work }: Measurement): readonly string[] {
  const { events, bytes, peakBytes } = work;
  const perSecond = (amount: number): number => (amount * 1000) / ms.median;
  const decimals = ms.median < 10 ? 1 : 0;
  return [
    name,
    ...(name === against ? ['1', '', '', ''] : [...spread(ratio, 2), fixed(cpuRatio.median, 2), against]),
    events === 0 ? '' : Math.round(perSecond(events)).toLocaleString('en-US'),
    bytes === undefined ? '' : perSecond(bytes / MB).toFixed(0),
    ...spread(ms, decimals),
    peakBytes === undefined ? '' : (peakBytes / MB).toFixed(0),
  ];
}

const spread = ({ median, lowest, highest }: Spread, decimals: number): readonly string[] => [
  fixed(median, decimals),
  `${fixed(lowest, decimals)} to ${fixed(highest, decimals)}`,
];

const fixed = (value: number, decimals: number): string =>
  Number.isNaN(value) ? '' : value.toFixed(decimals);
