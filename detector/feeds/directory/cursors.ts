import { hashOfParts } from '../../hash.js';
import { StoreError, type StateStore, type Version } from '../../state/store.js';

const KIND = 'cursor';
const PAGE = 500;
const MOST_ATTEMPTS = 10;

/** How far a file was read, as the state store keeps it. */
export interface Cursor {
  /** Where the file was seen last, below the root: for people, and for files that cannot be opened. */
  readonly path: string;
  /** Bytes that are done. */
  readonly offset: number;
  /** Hash of the bytes before the offset: they must still be there. Undefined: not known. */
  readonly tail?: string | undefined;
  /** Larger for each file that began at this key: the same file when it was cut, or another that begins alike. */
  readonly generation: number;
  /** Since when no such file is there, in milliseconds since the epoch. */
  readonly goneSince?: number | undefined;
}

export interface StoredCursor {
  readonly cursor: Cursor;
  /** Undefined: nothing is stored yet. */
  readonly version: Version | undefined;
}

/** The cursors of one feed, `cursor/<16 digits of the feed><32 digits of the file>`. Methods throw StoreError. */
export class Cursors {
  private readonly prefix: string;

  constructor(
    private readonly store: StateStore,
    feed: string,
    private readonly forgetAfterMs: number,
    private readonly now: () => number,
    /** Told each time that the store answers. */
    private readonly onAnswer: () => void = () => {},
  ) {
    this.prefix = `${KIND}/${hashOfParts([feed]).slice(0, 16)}`;
  }

  /** The key of a file by what identifies it. */
  keyOf(identity: readonly string[]): string {
    return this.prefix + hashOfParts(identity);
  }

  /** The cursor of a file that is there. Should it have been given up, it is kept from now on. */
  async load(key: string): Promise<StoredCursor | undefined> {
    const stored = await this.get(key);
    if (stored?.cursor.goneSince === undefined) return stored;
    return this.save(key, { ...stored.cursor, goneSince: undefined }, stored.version);
  }

  /** Moves a cursor on. Where another process has moved it further, that is what is returned, and stays. */
  async save(key: string, cursor: Cursor, version: Version | undefined): Promise<StoredCursor> {
    let expected = version;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const written = await this.put(key, cursor, expected);
      if (written !== 'conflict') return { cursor, version: written };
      const stored = await this.get(key);
      if (stored !== undefined && isFurther(stored.cursor, cursor)) return stored;
      expected = stored?.version;
    }
    throw new StoreError(
      `The document ${key} was changed by others ${MOST_ATTEMPTS} times in a row.`,
      'retry',
      'Let one process alone watch a folder.',
    );
  }

  /** Lets the cursor of a file that is gone expire. What changes it meanwhile wins. */
  async giveUp(key: string): Promise<void> {
    const stored = await this.get(key);
    if (stored === undefined || stored.cursor.goneSince !== undefined) return;
    await this.put(key, { ...stored.cursor, goneSince: this.now() }, stored.version);
  }

  /** Lets the cursors expire whose files went while nobody watched. */
  async giveUpAllBut(
    isPresent: (key: string) => boolean,
    mayBePresent: (path: string) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    let after = this.prefix;
    while (!signal.aborted) {
      const page = await this.store.list(KIND, after, PAGE);
      for (const key of page) {
        if (!key.startsWith(this.prefix)) return;
        after = key;
        if (isPresent(key)) continue;
        const stored = await this.get(key);
        if (stored !== undefined && !mayBePresent(stored.cursor.path)) await this.giveUp(key);
      }
      if (page.length < PAGE) return;
    }
  }

  private async get(key: string): Promise<StoredCursor | undefined> {
    const found = await this.store.get(key);
    this.onAnswer();
    return found && { cursor: parseCursor(found.body), version: found.version };
  }

  private async put(
    key: string,
    cursor: Cursor,
    version: Version | undefined,
  ): Promise<Version | 'conflict'> {
    const { goneSince } = cursor;
    const expires = goneSince === undefined ? null : goneSince + this.forgetAfterMs;
    const written = await this.store.put(key, JSON.stringify(cursor), version, { due: null, expires });
    this.onAnswer();
    return written;
  }
}

const isFurther = (stored: Cursor, mine: Cursor): boolean =>
  stored.generation === mine.generation
    ? stored.offset > mine.offset || (stored.offset === mine.offset && stored.goneSince === mine.goneSince)
    : stored.generation > mine.generation;

/** What cannot be read is a cursor at the start: its file is read again, and nothing is lost. */
function parseCursor(body: string): Cursor {
  const found = fieldsOf(body);
  const count = (value: unknown) => (Number.isSafeInteger(value) ? Math.max(0, value as number) : undefined);
  return {
    path: typeof found.path === 'string' ? found.path : '',
    offset: count(found.offset) ?? 0,
    tail: typeof found.tail === 'string' ? found.tail : undefined,
    generation: count(found.generation) ?? 0,
    goneSince: count(found.goneSince),
  };
}

function fieldsOf(body: string): Partial<Record<keyof Cursor, unknown>> {
  try {
    return Object(JSON.parse(body)) as Partial<Record<keyof Cursor, unknown>>;
  } catch {
    return {};
  }
}
