/** A lock directory of a test, and the calls of `holdfast lock` on it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { lockFileName } from '@holdfast/lock-runner';
import { bins, runtimes } from '../support/repository.ts';
import { type Finished, type Running, type RunOptions, startProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export type Runtime = keyof typeof runtimes;
export const bothRuntimes = Object.keys(runtimes) as readonly Runtime[];

export const scope = 'backup';

export interface CallOptions extends RunOptions {
  readonly runtime?: Runtime;
}

export interface LockPlace extends AsyncDisposable {
  /** A directory for whatever the test needs; the locks are in `locks` in it. */
  readonly path: string;
  readonly directory: string;
  /** Lock file of a scope. */
  fileOf(scope: string): string;
  /** `holdfast lock COMMAND --lock-dir …`, the rest as given. */
  start(command: string, args: readonly string[], options?: CallOptions): Running;
  run(command: string, args: readonly string[], options?: CallOptions): Promise<Finished>;
  /** Whether flock(1) gets the lock now. */
  isFree(scope: string): boolean;
  /** Holds the lock of a scope with flock(1) until the test ends or it is told to let go. */
  hold(scope: string): Promise<Holder>;
}

export interface Holder extends AsyncDisposable {
  readonly pid: number;
  letGo(): Promise<void>;
}

const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' };

export async function lockPlace(): Promise<LockPlace> {
  await using cleanup = new AsyncDisposableStack();
  const base = cleanup.use(await temporaryDirectory());
  const directory = join(base.path, 'locks');
  const fileOf = (name: string) => join(directory, lockFileName(name));
  const start: LockPlace['start'] = (command, args, { runtime = 'node', ...options } = {}) =>
    startProcess(
      runtimes[runtime],
      [bins.holdfast, 'lock', command, '--lock-dir', directory, ...args],
      options,
    );
  const run: LockPlace['run'] = (command, args, options) => start(command, args, options).finished;
  const isFree = (name: string) => tryWithFlock(fileOf(name));
  const opened = cleanup.move();
  return {
    path: base.path,
    directory,
    fileOf,
    start,
    run,
    isFree,
    hold: async (name) => {
      await run('path', ['--create', name]);
      return opened.use(await holdWithFlock(fileOf(name)));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Resolves when the process has written this text on stdout or stderr. */
export async function heard({ child }: Running, text: string): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const listen = (chunk: string) => {
      said += chunk;
      if (said.includes(text)) resolve();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('close', () => reject(new Error(`it ended without saying ${text}: ${said}`)));
  });
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function tryWithFlock(file: string): boolean {
  try {
    execFileSync('flock', ['--nonblock', file, 'true'], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function holdWithFlock(file: string): Promise<Holder> {
  const child: ChildProcess = spawn('flock', [file, 'sh', '-c', 'echo held; read line'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  if (child.stdout === null) throw new Error('it has no stdout');
  await once(child.stdout, 'data');
  const letGo = async () => {
    child.stdin?.end('\n');
    await closed;
  };
  return { pid: child.pid ?? 0, letGo, [Symbol.asyncDispose]: letGo };
}
