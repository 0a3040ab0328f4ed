/**
 * Which process is meant, and whether it is provably dead. A pid alone names nobody: it is reused, and two containers
 * have the same ones. Identity is (boot, pid namespace, pid, start time); only equality of all but a missing process
 * proves death, everything else is "unknown", which callers must treat as alive.
 *
 * Source of the facts is /proc, so every foreign process is 'unknown' off Linux, and where /proc shows the processes of
 * another pid namespace than our own: its pids are not those that we know of each other.
 */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessIdentity {
  /** First 12 hex digits of the kernel's boot id; 'none' where there is no such thing, or no /proc of our own. */
  readonly boot: string;
  /**
   * Inode number of the pid namespace, '0' where unknown. In a time namespace of its own the number of that one follows:
   * there the same process has another start time.
   */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks after boot at which the process started, '0' where unknown. */
  readonly startTime: string;
}

/** PROC_TIME_INIT_INO of the kernel. */
const systemTimeNamespace = '4026531834';

export type Liveness = 'alive' | 'dead' | 'unknown';

let own: ProcessIdentity | undefined;

/** The identity of this process. Read once: none of its parts change. */
export function ownIdentity(): ProcessIdentity {
  own ??= {
    boot: isOwnProc() ? readBootId() : 'none',
    pidNamespace: readNamespace(),
    pid: process.pid,
    startTime: readStat(process.pid)?.startTime ?? '0',
  };
  return own;
}

/** Whether the process that `identity` names still lives, as far as can be proved from here. */
export function livenessOf(identity: ProcessIdentity): Liveness {
  const self = ownIdentity();
  if (self.boot === 'none' || self.pidNamespace === '0') return 'unknown';
  // Another boot id is either this host before a reboot or another host on a shared disk: no proof from here.
  if (identity.boot !== self.boot || identity.pidNamespace !== self.pidNamespace) return 'unknown';
  const found = readStat(identity.pid);
  if (found === undefined) return isMissing(identity.pid) ? 'dead' : 'unknown';
  return found.startTime === identity.startTime && !found.isZombie ? 'alive' : 'dead';
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').replaceAll('-', '').slice(0, 12);
  } catch {
    return 'none'; // no /proc: not Linux
  }
}

/** A mount of an outer namespace lists all the pids that a process has on the way from there to its own. */
function isOwnProc(): boolean {
  try {
    const pids = /^NSpid:(.*)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '';
    return pids.trim() === String(process.pid);
  } catch {
    return false; // no /proc: not Linux
  }
}

function readNamespace(): string {
  const pidNamespace = readNamespaceOf('pid');
  const timeNamespace = readNamespaceOf('time');
  if (pidNamespace === undefined) return '0';
  return timeNamespace === undefined || timeNamespace === systemTimeNamespace
    ? pidNamespace
    : `${pidNamespace}${timeNamespace}`;
}

function readNamespaceOf(kind: 'pid' | 'time'): string | undefined {
  try {
    return /\d+/.exec(readlinkSync(`/proc/self/ns/${kind}`))?.[0];
  } catch {
    return undefined; // no /proc: not Linux; or a kernel from before time namespaces
  }
}

interface ProcessStat {
  readonly startTime: string;
  /** Dead, its descriptors and locks gone; only its parent has not asked for the exit status yet. */
  readonly isZombie: boolean;
}

/** @see proc_pid_stat(5): state is field 3, threads 20, start time 22 */
function readStat(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name stands in parentheses and may itself contain blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', threads, startTime] = [fields[0], fields[17], fields[19]];
    if (startTime === undefined) return undefined;
    // A main thread that ended before the others looks like a zombie, and its process lives.
    return { startTime, isZombie: /[ZX]/.test(state) && Number(threads) <= 1 };
  } catch {
    return undefined;
  }
}

function isMissing(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'; // EPERM means it exists
  }
}
