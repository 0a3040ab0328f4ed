/** Whether this user may ask about the locks of a directory: what may not be seen must not look free. */
import { accessSync, constants, statSync } from 'node:fs';
import { errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';

/**
 * A directory that is not there is no obstacle: nothing has been locked in it.
 *
 * @throws HoldfastError LOCK_DIRECTORY
 */
export function requireReadable(directory: string): void {
  try {
    if (!statSync(directory).isDirectory())
      throw new HoldfastError('LOCK_DIRECTORY', `${directory} is not a directory`, {
        details: { directory },
      });
    accessSync(directory, constants.R_OK | constants.X_OK);
  } catch (cause) {
    if (isHoldfastError(cause)) throw cause;
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') return;
    throw new HoldfastError('LOCK_DIRECTORY', `the lock directory ${directory} cannot be read (${errno})`, {
      cause,
      details: { directory },
    });
  }
}
