/** Makes the state directory, or a directory in it, usable: there, and of this user alone when we make it. */
import { mkdirSync } from 'node:fs';
import { errnoOf, HoldfastError } from '@holdfast/base';

/**
 * Creates the directory and its parents, 0700, unless it exists.
 *
 * @throws HoldfastError STATE_DIRECTORY - it cannot be created, or something else has its name
 */
export function prepareDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const why = errnoOf(cause) ?? 'unknown error';
    throw new HoldfastError('STATE_DIRECTORY', `${directory} cannot be used (${why})`, {
      cause,
      details: { directory },
    });
  }
}
