/**
 * Whether a path is itself a mount point. A bind-mounted file, as containers mount configuration, has the same device
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
