import { types } from 'node:util';

/**
 * Why a file is not read, where the file system itself sees no error. Codes are stable:
 * - `NOT_A_FILE`: a socket, a pipe or a device. It is never opened: that could block, or act on it.
 * - `LINK_TO_FOLDER`: a link to a folder. It is not followed: it can lead out of the tree, or in a circle.
 * - `UNREAD_BYTES_LOST`: a file was removed, cut or overwritten before all of it was read.
 */
export class FileProblem extends Error {
  constructor(
    readonly code: 'NOT_A_FILE' | 'LINK_TO_FOLDER' | 'UNREAD_BYTES_LOST',
    message: string,
    readonly fix: string,
  ) {
    super(message);
    this.name = 'FileProblem';
  }
}

/** Anything thrown, as an error with the code that tells one problem from another. */
export const errnoOf = (error: unknown): NodeJS.ErrnoException =>
  types.isNativeError(error) ? error : new Error(String(error));

/** The file is gone, or a folder above it. */
export const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errnoOf(error).code ?? '');
