import { z } from 'zod';

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^([1-9]\d{0,5})([mhd])$/;

/**
 * A duration such as `30m`, `12h` or `7d`, in milliseconds; undefined for anything else. One unit alone, so that nobody
 * has to guess what `1d12` is.
 */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** A duration in `tocsin.yaml`, between two others; in milliseconds once it is read. */
export function duration(least: string, most: string) {
  const [from = 0, to = Infinity] = [parseDuration(least), parseDuration(most)];
  return z
    .string()
    .refine((text) => {
      const ms = parseDuration(text);
      return ms !== undefined && ms >= from && ms <= to;
    }, `expected minutes, hours or days, such as 45m, 12h or 7d, from ${least} to ${most}`)
    .transform((text) => parseDuration(text) ?? from);
}
