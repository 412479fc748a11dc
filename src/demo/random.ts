/**
 * A seeded source of chance, so that the same options give the same sample logs to the byte. sfc32, public domain,
 * https://pracrand.sourceforge.net; good enough for samples and never for secrets.
 */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError when the list is empty */
  pick<T>(list: readonly T[]): T;
  /** `length` characters of `alphabet`. */
  text(length: number, alphabet: string): string;
  /** `length` hexadecimal digits, in lower case. */
  hex(length: number): string;
  /** `length` digits, the first of them not 0. */
  digits(length: number): string;
  uuid(): string;
}

/**
 * @param label separates streams of the same seed, so that more of one kind of sample does not change the others
 */
export function createRandom(seed: number, label: string): Random {
  const uint32 = sfc32(hash(`${seed}/${label}`));
  const next = (): number => uint32() / 2 ** 32;
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const text = (length: number, alphabet: string): string => {
    let made = '';
    while (made.length < length) made += alphabet.charAt(int(0, alphabet.length - 1));
    return made;
  };
  const hex = (length: number): string => {
    let made = '';
    while (made.length < length) made += uint32().toString(16).padStart(8, '0');
    return made.slice(0, length);
  };
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (list) => {
      const picked = list[int(0, list.length - 1)];
      if (picked === undefined) throw new RangeError('Nothing to pick from: the list is empty.');
      return picked;
    },
    text,
    hex,
    digits: (length) => text(1, '123456789') + text(length - 1, '0123456789'),
    uuid: () => {
      const digits = hex(32);
      const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`];
      return [...parts, `a${digits.slice(17, 20)}`, digits.slice(20)].join('-');
    },
  };
}

/** Chance that depends on a name alone: the same user has the same ids in every run. */
export const named = (name: string): Random => createRandom(0, name);

/** Four words of state from a text, in the way of MurmurHash3. */
function hash(text: string): [number, number, number, number] {
  const words: [number, number, number, number] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef];
  for (let position = 0; position < text.length; position++) {
    const slot = position % 4;
    let word = (words[slot] ?? 0) ^ text.charCodeAt(position);
    word = Math.imul(word ^ (words[(slot + 1) % 4] ?? 0), 0xcc9e2d51);
    words[slot] = (word << 13) | (word >>> 19);
  }
  return words;
}

function sfc32([first, second, third, fourth]: [number, number, number, number]): () => number {
  let [a, b, c, counter] = [first | 0, second | 0, third | 0, fourth | 0];
  const step = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  // The first words still resemble the label.
  for (let round = 0; round < 20; round++) step();
  return step;
}
