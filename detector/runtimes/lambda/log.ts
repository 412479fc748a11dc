/** One JSON line on standard output: what Lambda takes as one record of the log. What logs said is escaped in it. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Readonly<Record<string, unknown>>,
) => void;

const LONGEST_MESSAGE = 8192;

export const createLog =
  (write: (line: string) => void, now: () => number): Log =>
  (level, text, facts = {}) => {
    const message = text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}… [cut]` : text;
    write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...facts })}\n`);
  };
