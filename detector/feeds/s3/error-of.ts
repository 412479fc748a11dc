import { types } from 'node:util';

/** Anything thrown, as an error. */
export const errorOf = (thrown: unknown): NodeJS.ErrnoException =>
  types.isNativeError(thrown) ? thrown : new Error(String(thrown));

/** What the SDK or the service calls it; of errors of the network the code, which says more than the name. */
export const codeOf = (error: NodeJS.ErrnoException): string =>
  error.name === 'Error' ? (error.code ?? error.name) : error.name;
