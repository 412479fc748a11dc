/** How long the function may still run, in milliseconds. */
export type TimeLeft = () => number;

/**
 * Resolves with the work, or with undefined when so little time is left; the work goes on then, and what it does has to
 * be known by other means: a message by its lease, a unit by its record.
 */
export async function boundedBy<T>(
  timeLeft: TimeLeft,
  reserveMs: number,
  work: Promise<T>,
): Promise<T | undefined> {
  const room = timeLeft() - reserveMs;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, room), undefined);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
