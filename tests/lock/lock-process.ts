/** Starts `lock-child.ts`, or another child that talks in lines, on Node or Bun. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { childProgram, sourceProgram } from '../support/child-program.ts';
import { compileCache } from '../support/compile-cache.ts';
import { repository, runtimes } from '../support/repository.ts';
import type { ChildBackend } from './child-backend.ts';

export type Runtime = keyof typeof runtimes;
export const bothRuntimes = ['node', 'bun'] as const satisfies readonly Runtime[];

/** To start one through: nobody outside can tell whether it lives. */
export const otherPids = ['/usr/bin/unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Commands of `lock-child.ts`. */
export const withoutLimit = 'acquire {"waitMs":null}';
export const atOnce = 'acquire {"waitMs":0}';

export interface LockProcess extends AsyncDisposable {
  readonly pid: number;
  /** Sends a command. */
  say(command: string): void;
  /** Its next line, whatever it is. */
  next(): Promise<string>;
  /** The rest of its next line, which has to begin with `word`. */
  hear(word: string): Promise<string>;
  /** `say` and `hear` in one. */
  ask(command: string, word: string): Promise<string>;
  /** SIGSTOP; resolves when it has stopped. */
  stop(): Promise<void>;
  /** Resolves when it has stopped, whoever told it to. */
  stopped(): Promise<void>;
  resume(): void;
  /** SIGKILL; resolves when it has been reaped. */
  kill(): Promise<void>;
  /** Resolves when it has been reaped. */
  readonly ended: Promise<unknown>;
}

export interface LockProcessOptions {
  readonly directory: string;
  readonly scope: string;
  readonly runtime?: Runtime;
  /** User and group to run as. */
  readonly uid?: number;
  readonly backend?: ChildBackend;
  /** What it is started through: a program that makes or enters a namespace. Then `pid` is that program's. */
  readonly through?: readonly string[];
  /** Default `lock-child.ts`. */
  readonly script?: string;
}

export async function startLockProcess(options: LockProcessOptions): Promise<LockProcess> {
  const child = spawnChild(options);
  const { pid = 0 } = child;
  const closed = once(child, 'close');
  child.stdin?.on('error', () => undefined); // it may have been killed
  const next = linesOf(child);
  const hear = async (word: string) => {
    const line = await next();
    const [first, ...rest] = line.split(' ');
    if (first !== word) throw new Error(`the child said ${line} instead of ${word}`);
    return rest.join(' ');
  };
  const say = (command: string) => child.stdin?.write(`${command}\n`);
  const stopped = async () => {
    while (!/\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await turn();
  };
  const kill = async () => {
    if (isRunning(child)) child.kill('SIGKILL');
    await closed;
  };
  await hear('ready');
  return {
    pid,
    say,
    next,
    hear,
    stopped,
    kill,
    ended: closed,
    ask: (command, word) => {
      say(command);
      return hear(word);
    },
    stop: () => {
      process.kill(pid, 'SIGSTOP');
      return stopped();
    },
    resume: () => process.kill(pid, 'SIGCONT'),
    [Symbol.asyncDispose]: kill,
  };
}

function spawnChild(options: LockProcessOptions): ChildProcess {
  const { directory, scope, runtime = 'node', uid, backend = 'auto', through = [] } = options;
  const path = join(repository, 'tests/lock', options.script ?? 'lock-child.ts');
  // flock-with.ts reaches for modules that only the sources have under their names.
  const isInward = typeof backend === 'object' && backend.kind === 'flock';
  const own = isInward ? sourceProgram(path) : childProgram(path);
  const [program = '', ...args] = [...through, runtimes[runtime], ...own];
  return spawn(program, [...args, directory, scope, JSON.stringify(backend)], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...compileCache },
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

/** Its lines, one a call. */
function linesOf({ stdout }: ChildProcess): () => Promise<string> {
  if (stdout === null) throw new Error('the child has no stdout');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the child ended instead of saying something');
    return String(value);
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
