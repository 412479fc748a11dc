import { createHash } from 'node:crypto';

/** 128 bits, hexadecimal. The parts are length-prefixed, so that no two lists of parts run together. */
export function hashOfParts(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex').slice(0, 32);
}
