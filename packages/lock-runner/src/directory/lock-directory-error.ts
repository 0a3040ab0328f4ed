/** What keeps a lock directory from being used, as the error that says what to do about it. */
import { type ErrorCode, errnoOf, HoldfastError, isHoldfastError } from '@holdfast/base';

const reasons: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  EROFS: ['LOCK_DIRECTORY_READ_ONLY', 'is on a file system that is mounted read-only'],
  ENOSPC: ['LOCK_DIRECTORY_FULL', 'is on a file system that is full'],
  EDQUOT: ['LOCK_DIRECTORY_FULL', 'is on a file system whose quota is used up'],
  ELOOP: ['LOCK_DIRECTORY', 'is a symbolic link'],
  ENOTDIR: ['LOCK_DIRECTORY', 'is not a directory, or not in one'],
  EISDIR: ['LOCK_DIRECTORY', 'is a directory'],
  ESPIPE: ['LOCK_DIRECTORY', 'is no regular file'],
  EACCES: ['LOCK_DIRECTORY', 'may not be used by this user'],
};

/** @param path - of the directory, or of the file in it that failed */
export function lockDirectoryError(path: string, cause: unknown): HoldfastError {
  const errno = errnoOf(cause) ?? (isHoldfastError(cause) ? errnoOf(cause.cause) : undefined);
  const [code, why] = reasons[errno ?? ''] ?? ['LOCK_DIRECTORY', `cannot be used (${errno ?? 'refused'})`];
  return new HoldfastError(code, `${path} ${why}`, { cause, details: { path, errno } });
}
