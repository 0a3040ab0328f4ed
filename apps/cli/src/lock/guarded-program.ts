/**
 * A program that runs under a lock: on our streams and the other descriptors that we were given, with the signals that we
 * get, and with the descriptor of the lock, so that the lock outlives us as long as it runs.
 *
 * Its end is waited for whatever happens: nobody gets the lock while it may still write. Losing the lock asks it to end
 * (SIGTERM); it is not killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { type ErrorCode, errnoOf, HoldfastError } from '@holdfast/base';
import type { StopSignal } from '@holdfast/host/cli';
import type { OperatorContext } from '../commands.ts';
import { isInForeground } from './foreground.ts';
import { givenDescriptors, programDescriptors } from './program-descriptors.ts';

export interface GuardedProgramOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Handed to the program; undefined where there is none, or it must not have it. */
  readonly descriptor: number | undefined;
  /** Aborts when the lock is lost. */
  readonly lost: AbortSignal;
  readonly context: OperatorContext;
}

export interface ProgramEnd {
  /** As a shell tells it: 128 + its number for a signal. */
  readonly status: number;
  readonly signal: NodeJS.Signals | null;
}

const noRoom = (what: string) => ['PROGRAM_NO_ROOM', `cannot be started: ${what}`] as const;
const reasons: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['PROGRAM_MISSING', 'is not there'],
  EMFILE: noRoom('this process may open no more files (EMFILE)'),
  ENFILE: noRoom('this machine may open no more files (ENFILE)'),
  EAGAIN: noRoom('this user may have no more processes (EAGAIN)'),
  ENOMEM: noRoom('there is no memory left (ENOMEM)'),
};

/**
 * @param words - program and arguments
 * @throws HoldfastError PROGRAM_MISSING, PROGRAM_REFUSED, PROGRAM_NO_ROOM - it was not started
 */
export async function runGuarded(
  words: readonly string[],
  options: GuardedProgramOptions,
): Promise<ProgramEnd> {
  const { lost, context } = options;
  const [program = ''] = words;
  let child: ChildProcess | undefined;
  using _signals = context.takeSignals((name) => {
    if (!context.start.isIgnored(name)) passOn(child, name);
  });
  using _ends = hearingOfEnds(context);
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
  { env, descriptor, context }: GuardedProgramOptions,
): ChildProcess {
  const stdio = programDescriptors(givenDescriptors(context.start), descriptor);
  return spawn(program, args, { stdio: [...stdio], env: { ...env } });
}

/** The kernel forgets how children end where SIGCHLD is ignored, as whoever started us may have wanted. */
function hearingOfEnds({ start: { isIgnored } }: OperatorContext): Disposable {
  const hear = () => undefined;
  if (isIgnored('SIGCHLD')) process.on('SIGCHLD', hear);
  return { [Symbol.dispose]: () => process.off('SIGCHLD', hear) };
}

function endOf(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      // Once it runs, that it could not be signalled (it may have changed its user) is no end of it.
      if (child.pid === undefined) reject(error);
    });
    child.once('exit', (code, signal) => {
      resolve({ status: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), signal });
    });
  });
}

function passOn(child: ChildProcess | undefined, name: StopSignal): void {
  const comesByItself = (name === 'SIGINT' || name === 'SIGQUIT') && isInForeground();
  if (!comesByItself) child?.kill(name);
}

/** Missing and refused are told apart as env(1) and nice(1) do. */
function notStarted(program: string, cause: unknown): HoldfastError {
  const errno = errnoOf(cause);
  if (errno === undefined) throw cause;
  const [code, why] = reasons[errno] ?? (['PROGRAM_REFUSED', `cannot be run (${errno})`] as const);
  return new HoldfastError(code, `${program} ${why}`, { cause, details: { program, errno } });
}
