/** Runs a program to its end and takes the time. A program that fails is a failed bench: a wrong answer is no figure. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { userEnvironment } from './workspace.ts';

export interface ChildOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** Exit statuses that are an answer. Default: 0. */
  readonly accepts?: readonly number[];
  /** Sees the child right after its start. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface ChildResult {
  readonly tookMs: number;
  readonly status: number;
  readonly stdout: string;
}

/** @throws Error with what the program said, when it ends with another status */
export async function runChild(
  argv: readonly [string, ...string[]],
  options: ChildOptions,
): Promise<ChildResult> {
  const { signal, cwd, accepts = [0], onStart } = options;
  signal.throwIfAborted();
  const [program, ...args] = argv;
  const spawnOptions: SpawnOptions = {
    env: userEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a shell is ended together with what it runs.
    detached: true,
    ...(cwd === undefined ? {} : { cwd }),
  };
  const startMs = performance.now();
  const child = spawn(program, args, spawnOptions);
  const abort = () => endGroup(child);
  signal.addEventListener('abort', abort, { once: true });
  try {
    onStart?.(child);
    const said = collect(child);
    const status = await ended(child);
    const tookMs = performance.now() - startMs;
    signal.throwIfAborted();
    if (status !== null && accepts.includes(status)) return { tookMs, status, stdout: said.stdout() };
    throw new Error(`${argv.join(' ')} ended with ${status}: ${said.stderr().trim().slice(-800)}`);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // ended just now
  }
}

function collect(child: ChildProcess): { readonly stdout: () => string; readonly stderr: () => string } {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  return { stdout: () => Buffer.concat(out).toString(), stderr: () => Buffer.concat(err).toString() };
}

/** @returns null when a signal ended it */
function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
