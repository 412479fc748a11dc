/**
 * Works on several items at the same time, and on those of one key one after the other, in order. After a failure
 * nothing more is begun. Settles when nothing is under way any more.
 * @param most items at the same time
 * @throws what failed first
 */
export async function eachInTurn<T>(
  items: Iterable<T> | AsyncIterable<T>,
  keyOf: (item: T) => string,
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const lastOf = new Map<string, Promise<void>>();
  const failures: unknown[] = [];

  async function afterThose(before: Promise<void> | undefined, item: T): Promise<void> {
    await before;
    if (failures.length > 0) return;
    try {
      await work(item);
    } catch (error) {
      failures.push(error);
    }
  }

  try {
    for await (const item of items) {
      while (underWay.size >= most) await Promise.race(underWay);
      if (failures.length > 0) break;
      const key = keyOf(item);
      const done = afterThose(lastOf.get(key), item).finally(() => {
        underWay.delete(done);
        if (lastOf.get(key) === done) lastOf.delete(key);
      });
      underWay.add(done);
      lastOf.set(key, done);
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failures.length > 0) throw failures[0];
}
