/** A role that could not be assumed. */
export class RoleError extends Error {
  readonly code = 'ROLE_REFUSED';
  /** One imperative sentence. */
  readonly fix: string;

  constructor(
    readonly role: string,
    cause: Error,
    isWebIdentity: boolean,
  ) {
    super(`The role ${role} could not be assumed: ${cause.name}: ${cause.message}`, { cause });
    this.name = 'RoleError';
    this.fix = isWebIdentity
      ? 'Compare issuer, audience and subject of the token with the trust policy of the role.'
      : 'Compare the trust policy of the role with the role of the detector and with the external id: ' +
        'a role that was deleted and created again is another one, even under the same name.';
  }
}
