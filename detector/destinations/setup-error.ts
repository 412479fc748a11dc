/** A destination that cannot be set up as it is configured. Names destination and option, never a secret's value. */
export class DestinationSetupError extends Error {
  readonly code = 'DESTINATION_SETUP';
  constructor(
    readonly destination: string,
    /** Such as `token` or `headers.x-api-key`. */
    readonly option: string,
    problem: string,
    /** One imperative sentence. */
    readonly fix: string,
  ) {
    super(`Destination "${destination}", option "${option}": ${problem}\n  → ${fix}`);
    this.name = 'DestinationSetupError';
  }
}
