/**
 * A program that runs under a lock: on our standard streams, with the signals that we get, and with the descriptor of the
 * lock, so that the lock outlives us as long as it runs.
 *
 * Its end is waited for whatever happens: nobody gets the lock while it may still write. Losing the lock asks it to end
 * (SIGTERM); it is not killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { errnoOf, HoldfastError } from '@holdfast/base';
import type { MainContext, StopSignal } from '@holdfast/host/cli';
import { isInForeground } from './foreground.ts';

export interface GuardedProgramOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Handed to the program; undefined where there is none, or it must not have it. */
  readonly descriptor: number | undefined;
  /** Aborts when the lock is lost. */
  readonly lost: AbortSignal;
  readonly takeSignals: MainContext['takeSignals'];
}

export interface ProgramEnd {
  /** As a shell tells it: 128 + its number for a signal. */
  readonly status: number;
  readonly signal: NodeJS.Signals | null;
}

/**
 * @param words - program and arguments
 * @throws HoldfastError PROGRAM_MISSING, PROGRAM_REFUSED - it was not started
 */
export async function runGuarded(
  words: readonly string[],
  options: GuardedProgramOptions,
): Promise<ProgramEnd> {
  const { lost, takeSignals } = options;
  const [program = ''] = words;
  let child: ChildProcess | undefined;
  using _signals = takeSignals((name) => passOn(child, name));
  const terminate = () => child?.kill('SIGTERM');
  try {
    child = start(words, options);
    lost.addEventListener('abort', terminate, { once: true });
    if (lost.aborted) terminate();
    return await endOf(child);
  } catch (cause) {
    throw notStarted(program, cause);
  } finally {
    lost.removeEventListener('abort', terminate);
  }
}

function start(
  [program = '', ...args]: readonly string[],
  { env, descriptor }: GuardedProgramOptions,
): ChildProcess {
  const lock = descriptor === undefined ? [] : [descriptor];
  return spawn(program, args, { stdio: ['inherit', 'inherit', 'inherit', ...lock], env: { ...env } });
}

function endOf(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve({ status: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), signal });
    });
  });
}

function passOn(child: ChildProcess | undefined, name: StopSignal): void {
  const comesByItself = (name === 'SIGINT' || name === 'SIGQUIT') && isInForeground();
  if (!comesByItself) child?.kill(name);
}

/** As env(1) and nice(1) tell the two apart. */
function notStarted(program: string, cause: unknown): HoldfastError {
  const errno = errnoOf(cause);
  if (errno === undefined) throw cause;
  const details = { program, errno };
  return errno === 'ENOENT'
    ? new HoldfastError('PROGRAM_MISSING', `${program} is not there`, { cause, details })
    : new HoldfastError('PROGRAM_REFUSED', `${program} cannot be run (${errno})`, { cause, details });
}
