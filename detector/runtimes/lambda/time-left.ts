/** How long the function may still run, in milliseconds. */
export type TimeLeft = () => number;

/** Resolves with the work, or when so little time is left; the work goes on, and what it sends is known by its lease. */
export async function boundedBy(
  timeLeft: TimeLeft,
  reserveMs: number,
  work: Promise<unknown>,
): Promise<void> {
  const room = timeLeft() - reserveMs;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, room));
  });
  try {
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
