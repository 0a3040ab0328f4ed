/** The mount that a directory is on, from the kernel's table: its kind by name, where it is mounted, and what. */

export interface Mount {
  /** `ext4`, `nfs4`, `fuse.sshfs`, … */
  readonly type: string;
  readonly mountPoint: string;
  /** A device, a share, or a word of the file system's own. */
  readonly source: string;
}

/**
 * @param path - absolute and without links
 * @param table - /proc/self/mountinfo
 * @returns undefined when the table does not tell
 * @see proc_pid_mountinfo(5): `36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw`
 */
export function mountOf(path: string, table: string): Mount | undefined {
  let found: Mount | undefined;
  for (const line of table.split('\n')) {
    const mount = readLine(line);
    if (mount === undefined || !isInside(path, mount.mountPoint)) continue;
    // Of two on one place the later one covers the earlier.
    if (found === undefined || mount.mountPoint.length >= found.mountPoint.length) found = mount;
  }
  return found;
}

function readLine(line: string): Mount | undefined {
  const [before = '', after] = line.split(' - ');
  const mountPoint = before.split(' ')[4];
  const [type, source] = after?.split(' ') ?? [];
  if (mountPoint === undefined || type === undefined || source === undefined) return undefined;
  return { type, mountPoint: unescapeOctal(mountPoint), source: unescapeOctal(source) };
}

function isInside(path: string, mountPoint: string): boolean {
  return mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
}

/** Blanks and backslashes are written in octal. */
function unescapeOctal(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
