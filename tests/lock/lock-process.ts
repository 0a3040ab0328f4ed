/** Starts `lock-child.ts`, or another child that talks in lines, on Node or Bun. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository, runtimes } from '../support/repository.ts';

export type Runtime = keyof typeof runtimes;

export interface LockProcess extends AsyncDisposable {
  readonly pid: number;
  /** Sends a command. */
  say(command: string): void;
  /** The rest of the next line, which has to begin with `word`. */
  hear(word: string): Promise<string>;
  /** `say` and `hear` in one. */
  ask(command: string, word: string): Promise<string>;
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
  /** As `lock-child.ts` takes it. */
  readonly backend?: string;
  /** What it is started through: a program that makes or enters a namespace. Then `pid` is that program's. */
  readonly through?: readonly string[];
  /** Default `lock-child.ts`. */
  readonly script?: string;
}

export async function startLockProcess(options: LockProcessOptions): Promise<LockProcess> {
  const {
    directory,
    scope,
    runtime = 'node',
    uid,
    backend,
    through = [],
    script = 'lock-child.ts',
  } = options;
  const path = join(repository, 'tests/lock', script);
  const command = [...through, runtimes[runtime], '--conditions=@holdfast/source', path, directory, scope];
  const [program = '', ...args] = backend === undefined ? command : [...command, backend];
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const closed = once(child, 'close');
  child.stdin.on('error', () => undefined); // it may have been killed
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const hear = async (word: string) => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the child ended instead of saying ${word}`);
    const [first, ...rest] = String(value).split(' ');
    if (first !== word) throw new Error(`the child said ${value} instead of ${word}`);
    return rest.join(' ');
  };
  const say = (command: string) => child.stdin.write(`${command}\n`);
  const kill = async () => {
    if (isRunning(child)) child.kill('SIGKILL');
    await closed;
  };
  await hear('ready');
  return {
    pid: child.pid ?? 0,
    say,
    hear,
    kill,
    ended: closed,
    ask: (command, word) => {
      say(command);
      return hear(word);
    },
    [Symbol.asyncDispose]: kill,
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
