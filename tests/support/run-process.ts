/** Runs a program to its end with an explicit environment, and keeps what it said. */
import { type ChildProcess, spawn } from 'node:child_process';
import { compileCache } from './compile-cache.ts';

export interface Finished {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Text for its stdin, which is closed behind it. */
  readonly input?: string;
  /** Its stdin stays open, for the test to write and close. */
  readonly isInputOpen?: boolean;
  /** Guard against a hang, in milliseconds; no test waits for it to pass. Default 60 000. */
  readonly guardMs?: number;
}

/** Children get no NODE_ENV and no VITEST variables, which would change what they do. */
const baseEnv = {
  PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
  HOME: process.env.HOME ?? '/',
  LC_ALL: 'C.UTF-8',
  ...compileCache,
};

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

export function startProcess(program: string, args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(program, [...args], {
    stdio: [options.input === undefined && options.isInputOpen !== true ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...baseEnv, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  if (options.isInputOpen !== true) child.stdin?.end(options.input);
  const guard = setTimeout(() => child.kill('SIGKILL'), options.guardMs ?? 60_000);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      clearTimeout(guard);
      resolve({ status, signal, stdout, stderr });
    });
  });
  return { child, finished };
}

export function runProcess(
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Finished> {
  return startProcess(program, args, options).finished;
}
