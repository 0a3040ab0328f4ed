/**
 * Runs one command to its end: no shell, arguments as a list, scripts over stdin, a deadline, a limit on what it may
 * say. Does not judge the exit status; `command-failure.ts` does.
 *
 * The command gets a process group of its own, so that Ctrl-C on the terminal does not cut a batch in half and a deadline
 * ends a wrapper script together with its children.
 */
import { type ChildProcessWithoutNullStreams, type StdioOptions, spawn } from 'node:child_process';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { unknownOutcome } from '../effect-sequence.ts';

export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: string;
  /** Until it is killed, in milliseconds. */
  readonly timeoutMs: number;
  /** Limit of stdout and stderr together. */
  readonly maxOutputBytes: number;
  /** Descriptor that the command keeps open as long as it lives: the lock under which it writes. */
  readonly inherit?: number | undefined;
}

export interface CommandResult {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a killed command may take to disappear before it is given up, in milliseconds. */
const killGraceMs = 1_000;

/** System directories first in line whatever the caller's PATH: hooks get none, and users lack the sbin ones. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
};

/**
 * @throws HoldfastError DATAPLANE_UNAVAILABLE - there is no such command
 * @throws HoldfastError NOT_PERMITTED - it may not be executed
 * @throws HoldfastError DATAPLANE_FAILED - the deadline passed or it said too much; details.outcome is 'unknown'
 */
export function runCommand(command: Command): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const [file, ...args] = command.argv;
    const child = start(file, args, command.inherit);
    const limits = enforceLimits(child, command);
    const output = collect(child, command, limits.cut);
    child.once('error', (error) => {
      limits.clear();
      reject(spawnFailure(command, error));
    });
    child.once('close', (status) => {
      limits.clear();
      if (limits.reason() !== undefined) reject(cutFailure(command, limits.reason()));
      else resolve({ status, ...output() });
    });
    limits.onAbandoned(() => reject(cutFailure(command, limits.reason())));
    // A command that ends without reading its script reports by its exit status, not by our broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(command.stdin ?? '');
  });
}

function start(
  file: string,
  args: readonly string[],
  inherit: number | undefined,
): ChildProcessWithoutNullStreams {
  const stdio: StdioOptions = inherit === undefined ? 'pipe' : ['pipe', 'pipe', 'pipe', inherit];
  return spawn(file, args, { env: environment, detached: true, stdio }) as ChildProcessWithoutNullStreams;
}

interface Limits {
  /** Ends the command; the first reason counts. */
  readonly cut: (reason: string) => void;
  readonly reason: () => string | undefined;
  readonly onAbandoned: (callback: () => void) => void;
  readonly clear: () => void;
}

function enforceLimits(child: ChildProcessWithoutNullStreams, { timeoutMs }: Command): Limits {
  let reason: string | undefined;
  let abandoned: (() => void) | undefined;
  let grace: NodeJS.Timeout | undefined;
  const cut = (why: string) => {
    if (reason !== undefined) return;
    reason = why;
    killGroup(child);
    // A process that hangs in the kernel outlives SIGKILL; the deadline holds all the same.
    grace = setTimeout(() => abandoned?.(), killGraceMs);
  };
  const deadline = Number.isFinite(timeoutMs)
    ? setTimeout(() => cut(`did not end within ${timeoutMs} ms`), timeoutMs)
    : undefined;
  return {
    cut,
    reason: () => reason,
    onAbandoned: (callback) => {
      abandoned = callback;
    },
    clear: () => {
      clearTimeout(deadline);
      clearTimeout(grace);
    },
  };
}

function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error; // ended in this very moment
  }
}

function collect(
  child: ChildProcessWithoutNullStreams,
  { maxOutputBytes }: Command,
  cut: (reason: string) => void,
): () => { readonly stdout: string; readonly stderr: string } {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let sizeBytes = 0;
  const keepIn = (chunks: Buffer[]) => (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > maxOutputBytes) cut(`printed more than ${maxOutputBytes} bytes`);
    else chunks.push(chunk);
  };
  child.stdout.on('data', keepIn(stdout));
  child.stderr.on('data', keepIn(stderr));
  return () => ({ stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
}

function spawnFailure({ argv }: Command, cause: Error): HoldfastError {
  const errno = errnoOf(cause);
  const details = { command: argv, errno };
  if (errno === 'ENOENT') {
    return new HoldfastError('DATAPLANE_UNAVAILABLE', `the command ${argv[0]} is missing`, {
      cause,
      details,
    });
  }
  const code = errno === 'EACCES' || errno === 'EPERM' ? 'NOT_PERMITTED' : 'DATAPLANE_FAILED';
  return new HoldfastError(code, `the command ${argv[0]} could not be started: ${cause.message}`, {
    cause,
    details,
  });
}

function cutFailure({ argv }: Command, reason: string | undefined): HoldfastError {
  return new HoldfastError('DATAPLANE_FAILED', `${argv.join(' ')} ${reason}`, {
    details: { command: argv, reason, ...unknownOutcome },
  });
}
