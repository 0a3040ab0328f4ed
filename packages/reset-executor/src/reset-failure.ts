/** The failures of a reset in words. What is a HoldfastError already, a lost lock above all, passes unchanged. */
import { errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';

/** A step that the system refused: WRITE_FAILED with the path and the errno. */
export function failedStep(step: string, path: string, cause: unknown): unknown {
  const errno = errnoOf(cause);
  if (errno === undefined) return cause;
  const reason = reasons[errno] ?? 'the system refused';
  return new HoldfastError('WRITE_FAILED', `${path} could not be ${step}: ${reason} (${errno})`, {
    cause,
    details: { path, step, errno },
  });
}

/** Runs one call of the file system and names it when it fails. */
export function attempt<Result>(step: string, path: string, call: () => Result): Result {
  try {
    return call();
  } catch (cause) {
    throw failedStep(step, path, cause);
  }
}

export function refusedPath(path: string, reason: string, cause?: unknown): HoldfastError {
  return new HoldfastError('TARGET_REFUSED', `${path} ${reason}`, { cause, details: { path } });
}

export function unreadable(path: string, cause: unknown): HoldfastError {
  return new HoldfastError('READ_FAILED', `${path} cannot be read`, {
    cause,
    details: { path, errno: errnoOf(cause) },
  });
}

/** Whether the hold is gone: then nothing more may be touched, not even to take something back. */
export function isLockGone(error: unknown): boolean {
  return ['LOCK_LOST', 'LOCK_RELEASED', 'LOCK_WRONG_SCOPE'].some(
    (code) => isHoldfastError(error) && error.code === code,
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the device reported an error',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EXDEV: 'it is on another mount than the trash',
  EBUSY: 'it is a mount point or in use',
};
