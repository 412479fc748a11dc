const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** Bytes in powers of 1,000, with three digits: `4.21 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let power = 0;
  // Compared as they are rounded: 999,999 bytes are 1.00 MB, not 1000 KB.
  while (power < UNITS.length - 1 && Math.round(value) >= 1000) {
    value /= 1000;
    power++;
  }
  const decimals = power === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(decimals)} ${UNITS[power] ?? ''}`;
}

export const formatCount = (count: number): string => count.toLocaleString('en-US');

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
