/** Starts `lock-child.ts` on Node or Bun, and talks to it. */
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
}

export interface LockProcessOptions {
  readonly directory: string;
  readonly scope: string;
  readonly runtime?: Runtime;
  /** User and group to run as. */
  readonly uid?: number;
}

export async function startLockProcess(options: LockProcessOptions): Promise<LockProcess> {
  const { directory, scope, runtime = 'node', uid } = options;
  const script = join(repository, 'tests/lock/lock-child.ts');
  const child = spawn(runtimes[runtime], ['--conditions=@holdfast/source', script, directory, scope], {
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
