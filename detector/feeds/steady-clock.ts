/** A clock that stands still where the given one is set back, so that nothing waits until the old time comes again. */
export function steadyClock(now: () => number): () => number {
  let last = -Infinity;
  let lag = 0;
  return () => {
    const time = now();
    if (time < last) lag += last - time;
    last = time;
    return time + lag;
  };
}
