/** Lets so many work at the same time. The others wait, in order of arrival. */
export function createGate(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (inside < most) inside += 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      // Who leaves gives its place to the next.
      const next = waiting.shift();
      if (next === undefined) inside -= 1;
      else next();
    }
  };
}
