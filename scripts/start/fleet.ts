/**
 * The processes that run until they are stopped. All of them are needed: when one ends, the others are to be stopped, and it
 * is known which one it was. The keeper knows each by its process id, and ends it when we cannot.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Keeper } from './keeper.ts';
import { ownEnvironment } from './own-settings.ts';
import { type Command, statusOf } from './run-bin.ts';

export interface MemberOptions {
  readonly name: string;
  readonly command: Command;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin first; its stdin stays open until it is stopped. */
  readonly input?: string;
  /** Whether a line that it has said means that it is at work. */
  readonly isReady: (line: string) => boolean;
  readonly onLine: (line: string) => void;
}

/** A process of the fleet that has ended. */
export interface MemberEnd {
  readonly name: string;
  readonly pid: number;
  readonly status: number;
}

interface Member {
  readonly name: string;
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<MemberEnd>;
}

/** How long each may take to stop. Longer than what any of them gives its own work. */
const patienceMs = 10_000;

export class Fleet {
  readonly #keeper: Keeper;
  readonly #members: Member[] = [];
  #isStopping = false;
  readonly #firstEnd = Promise.withResolvers<MemberEnd>();

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  /** Resolves when one of them ends. */
  get firstEnd(): Promise<MemberEnd> {
    return this.#firstEnd.promise;
  }

  /** Resolves when it is at work; never, when it ends before. Once somebody was stopped, nobody is started any more. */
  start(options: MemberOptions): Promise<void> {
    if (this.#isStopping) return Promise.withResolvers<void>().promise;
    const { name, command, env = {}, input, isReady, onLine } = options;
    const [file, ...args] = command;
    const child = spawn(file, args, { detached: true, stdio: 'pipe', env: { ...ownEnvironment, ...env } });
    const { pid } = child;
    if (pid !== undefined) this.#keeper.started(pid);
    const ready = Promise.withResolvers<void>();
    const hear = (line: string) => {
      if (isReady(line)) ready.resolve();
      onLine(line);
    };
    createInterface({ input: child.stdout }).on('line', hear);
    createInterface({ input: child.stderr }).on('line', hear);
    const ended = new Promise<MemberEnd>((resolve) => {
      child.once('error', (error) => {
        onLine(`cannot be started: ${error.message}`);
        resolve({ name, pid: 0, status: 127 });
      });
      child.once('exit', (code, signal) => resolve({ name, pid: pid ?? 0, status: statusOf(code, signal) }));
    });
    void ended.then((end) => {
      if (pid !== undefined) this.#keeper.ended(pid);
      this.#firstEnd.resolve(end);
    });
    child.stdin.on('error', () => undefined); // it has ended, which is told otherwise
    if (input !== undefined) child.stdin.write(input);
    this.#members.push({ name, child, ended });
    return ready.promise;
  }

  /** Asks those of these names to stop, and resolves when they have. One that does not is killed. */
  async stop(names: readonly string[]): Promise<void> {
    this.#isStopping = true;
    const asked = this.#members.filter(({ name }) => names.includes(name));
    await Promise.all(
      asked.map(async ({ child, ended }) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
        child.kill('SIGTERM');
        child.stdin.end();
        await ended;
        clearTimeout(timer);
      }),
    );
  }
}
