/**
 * The processes that share a lock by an inherited descriptor. The kernel lists a lock under the process that took it, dead
 * or not; who keeps it is told by the descriptors: each that carries a lock says so in its fdinfo. A descriptor of
 * somebody who only waits carries none.
 *
 * Looks at every descriptor of every process: for the rare case that nobody else can be named. What may not be read is
 * passed over. Linux only: elsewhere nobody is found.
 *
 * @see proc_pid_fdinfo(5): `lock: 1: FLOCK ADVISORY WRITE 4711 fe:00:131 0 EOF`
 */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * The lowest pid that keeps the lock of a file.
 *
 * @param fileId - `major:minor:inode` as the kernel prints it
 * @param isMeant - leaves out those who do not keep it on purpose
 */
export function lockSharer(fileId: string, isMeant: (pid: number) => boolean): number | undefined {
  const pids = namesIn('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map(Number)
    .sort((a, b) => a - b)
    .find((pid) => carriesLock(pid, fileId) && isMeant(pid));
}

function carriesLock(pid: number, fileId: string): boolean {
  const directory = `/proc/${pid}/fdinfo`;
  return namesIn(directory).some((fd) => saysLock(`${directory}/${fd}`, fileId));
}

function saysLock(path: string, fileId: string): boolean {
  try {
    const lines = readFileSync(path, 'latin1').split('\n');
    return lines.some((line) => line.startsWith('lock:') && isFlockOf(line, fileId));
  } catch {
    return false; // closed by now
  }
}

function isFlockOf(line: string, fileId: string): boolean {
  const words = line.split(/\s+/);
  return words.includes('FLOCK') && words.includes(fileId);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // gone, not ours to look at, or no /proc
  }
}
