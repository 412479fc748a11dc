/** Exit codes of the command; scripts depend on them. */
export const EXIT = {
  done: 0,
  /** The thing asked about is not well: failing rule tests, findings, an unhealthy source. */
  notWell: 1,
  /** Wrong usage or configuration. */
  usage: 64,
  /** A fault of Tocsin itself. */
  internal: 70,
  /** Worked on nothing that lasts; the same command may work later. */
  tryAgain: 75,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Something that the user can put right: what was seen and expected, and one sentence on what to do. */
export class UsageError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly fix: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'UsageError';
  }
}
