/**
 * What the kernel calls a file in its list of locks: device and inode of the file system that it is really on. For most
 * files stat(2) says the same. On overlayfs and btrfs it does not, because there it invents numbers; for those the mount
 * of an open descriptor tells.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { errnoOf } from '@holdfast/base';

/** f_type of those whose stat(2) invents device numbers. @see statfs(2) */
const inventive: ReadonlySet<number> = new Set([0x794c7630 /* overlayfs */, 0x9123683e /* btrfs */]);

/** O_PATH of Linux, which Node does not tell: a descriptor that names a file and needs no right to read it. */
const pathOnly = 0o10000000;

/**
 * `major:minor:inode` as /proc/locks prints it.
 *
 * @param target - a path or a descriptor
 * @returns undefined when nothing has that path
 */
export function kernelFileId(target: string | number): string | undefined {
  try {
    const path = typeof target === 'number' ? `/proc/self/fd/${target}` : target;
    if (isInventive(path)) return typeof target === 'number' ? idOfMount(target) : idOfPath(target);
    const { dev, ino } = typeof target === 'number' ? fstatSync(target) : statSync(target);
    const major = ((dev / 0x100) & 0xfff) >>> 0;
    const minor = ((dev & 0xff) | ((dev / 0x1000) & 0xfff00)) >>> 0;
    return printed(major, minor, ino);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isInventive(path: string): boolean {
  try {
    return inventive.has(statfsSync(path).type);
  } catch {
    return false; // gone by now, or no /proc
  }
}

function idOfPath(path: string): string | undefined {
  const fd = openSync(path, pathOnly | constants.O_NOFOLLOW);
  try {
    return idOfMount(fd);
  } finally {
    closeSync(fd);
  }
}

/** @see proc_pid_fdinfo(5), proc_pid_mountinfo(5): `36 35 98:0 /mnt1 /mnt2 rw …` */
function idOfMount(fd: number): string | undefined {
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
  const mount = /^mnt_id:\s*(\d+)$/m.exec(info)?.[1];
  const inode = /^ino:\s*(\d+)$/m.exec(info)?.[1];
  const mounts = readFileSync('/proc/self/mountinfo', 'latin1');
  const device = new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, 'm').exec(mounts);
  if (device === null || inode === undefined) return undefined;
  return printed(Number(device[1]), Number(device[2]), Number(inode));
}

/** Device numbers in hex of two digits at least, the inode in decimal. */
function printed(major: number, minor: number, inode: number): string {
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}:${inode}`;
}
