import { basename, dirname, join } from 'node:path';
import { errnoOf } from '@holdfast/base';
import type { FilePort } from './file-port.ts';

/**
 * Whether the file at `path` is a mount point, under the name that the table has for it: that of its real directory. False
 * where that cannot be found out: it explains a refusal, and must not take its place.
 */
export function standsOnMountPoint(port: Pick<FilePort, 'mountTable' | 'resolve'>, path: string): boolean {
  try {
    return isMountPoint(port.mountTable(), join(port.resolve(dirname(path)), basename(path)));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/**
 * Whether a path without links is itself a mount point. A bind-mounted file, as containers mount configuration, has the same device
 * number as its directory; only the mount table tells it apart.
 *
 * @see proc_pid_mountinfo(5): the fifth field is the mount point, with blanks and backslashes in octal
 */
export function isMountPoint(mountTable: string, path: string): boolean {
  return mountTable.split('\n').some((line) => {
    const mountPoint = line.split(' ')[4];
    return mountPoint !== undefined && unescapeOctal(mountPoint) === path;
  });
}

function unescapeOctal(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
