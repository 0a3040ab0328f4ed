/** Which database a URL names. Nothing of a URL is repeated in a message: it may hold a password. */
import { HoldfastError } from '@holdfast/base';

/** Whether it names a database of a server; what is wrong with it shows when it is opened. */
export function isServerUrl(url: string): boolean {
  return /^(?:mysql|mariadb):/i.test(url);
}

/**
 * The path behind `sqlite:`.
 *
 * @throws HoldfastError CONFIG_INVALID - it is no such URL, or has a path that tools read differently
 */
export function sqlitePath(url: string): string {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (path === undefined) {
    throw new HoldfastError(
      'CONFIG_INVALID',
      'the database URL is of neither form, sqlite:PATH or mysql://USER:PASSWORD@HOST/DATABASE',
    );
  }
  // Tools disagree on where the path begins after two slashes, and some on whether a query string follows it.
  if (path.startsWith('//') || path.includes('\0')) {
    throw new HoldfastError('CONFIG_INVALID', 'the path in the database URL begins with // or contains NUL');
  }
  return path;
}
