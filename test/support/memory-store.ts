import { checkDocument, checkedKey, checkedKind, checkWhole, listStart } from '../../detector/state/keys.js';
import {
  StoreError,
  type DocumentMarks,
  type StateStore,
  type StoredDocument,
  type Version,
} from '../../detector/state/store.js';

export interface MemoryStore extends StateStore {
  /** What every call waits for first. Throw a StoreError here to have the store fail. */
  before: (method: keyof StateStore) => void | Promise<void>;
  /** Documents with their marks, by key, for tests to look at. */
  readonly documents: Map<string, StoredDocument & DocumentMarks>;
}

/** The contract of a store and nothing more: no file, no cloud, gone with the test. */
export function memoryStore(): MemoryStore {
  const documents: MemoryStore['documents'] = new Map();
  let versions = 0;
  let isOpen = true;
  const keysOf = (kind: string): string[] => {
    const prefix = `${checkedKind(kind)}/`;
    return [...documents.keys()].filter((key) => key.startsWith(prefix));
  };
  const begin = async (method: keyof StateStore): Promise<void> => {
    if (!isOpen) throw new StoreError('The store is closed.', 'permanent', 'Open another one.');
    await store.before(method);
  };
  const store: MemoryStore = {
    documents,
    before: () => {},
    async get(key) {
      await begin('get');
      const found = documents.get(checkedKey(key).key);
      return found && { body: found.body, version: found.version };
    },
    async put(key, body, version, { due, expires }) {
      await begin('put');
      checkDocument(checkedKey(key).key, body, { due, expires });
      if (documents.get(key)?.version !== version) return 'conflict';
      const next: Version = `v${++versions}`;
      documents.set(key, { body, version: next, due, expires });
      return next;
    },
    async remove(key, version) {
      await begin('remove');
      if (documents.get(checkedKey(key).key)?.version !== version) return 'conflict';
      documents.delete(key);
      return 'removed';
    },
    async listDue(kind, until, limit) {
      await begin('listDue');
      checkWhole('"until"', until);
      checkWhole('"limit"', limit);
      return keysOf(kind)
        .map((key) => ({ key, due: documents.get(key)?.due ?? Infinity }))
        .filter(({ due }) => due <= until)
        .sort((a, b) => a.due - b.due || (a.key < b.key ? -1 : 1))
        .slice(0, limit);
    },
    async list(kind, after, limit) {
      await begin('list');
      const start = listStart(kind, after);
      checkWhole('"limit"', limit);
      return keysOf(kind)
        .filter((key) => key > start)
        .sort()
        .slice(0, limit);
    },
    async expire(now, limit) {
      await begin('expire');
      checkWhole('"now"', now);
      checkWhole('"limit"', limit);
      const over = [...documents]
        .filter(([, { expires }]) => expires !== null && expires <= now)
        .slice(0, limit);
      for (const [key] of over) documents.delete(key);
      return over.length;
    },
    durable: () => begin('durable'),
    close: async () => void (isOpen = false),
  };
  return store;
}
