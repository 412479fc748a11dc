/** The compressed bytes end too early, or are damaged. All content before that was handed out. */
export class DecompressError extends Error {
  constructor(
    readonly code: 'truncated' | 'corrupt-compression',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DecompressError';
  }
}
