/**
 * Logins by the thousand, from a process of its own: `inFlight` at any time, each of them built before the clock starts.
 * Sockets are connected and spoken to by recvmmsg(2) and sendmmsg(2), so that the load takes as little as it can of the
 * cores that it shares with what it measures.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface LoadOptions {
  /** Of the server, on 127.0.0.1. */
  readonly port: number;
  readonly secret: string;
  readonly password: string;
  /** Logins: the n-th is that of user `firstUser + n`, whose name is `user` and the number. */
  readonly count: number;
  readonly firstUser: number;
  readonly inFlight: number;
}

export interface LoadResult {
  readonly accepted: number;
  readonly rejected: number;
  /** Got no answer for 12 s, sent every 3 s. */
  readonly lost: number;
  readonly resent: number;
  readonly tookMs: number;
  /** From the first packet of a login to its answer. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface Load extends AsyncDisposable {
  readonly pid: number;
  /** Begins. Resolves when each login has an answer, or will never have one. */
  run(): Promise<LoadResult>;
}

/** Starts the process, and resolves when its packets are built. */
export async function prepareLoad(options: LoadOptions): Promise<Load> {
  const file = fileURLToPath(new URL('./radius-load-child.ts', import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.on('error', () => undefined); // its end says why
  child.stdin.write(`${JSON.stringify(options)}\n`);
  const heard = async () => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`the load has ended with ${child.exitCode ?? child.signalCode}`);
    return JSON.parse(line.value) as unknown;
  };
  await heard();
  return {
    pid: child.pid ?? 0,
    run: async () => {
      child.stdin.write('go\n');
      const result = (await heard()) as LoadResult;
      child.stdin.end();
      return result;
    },
    [Symbol.asyncDispose]: () => end(child, ended),
  };
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}
