/**
 * A redis-server of one's own: on a socket in a temporary directory, without persistence unless it is asked for, ended and
 * reaped with the test. Ready when it answers, not after a while.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryDirectory } from './temporary-directory.ts';

export interface RedisServer extends AsyncDisposable {
  /** Where it listens; the same after a restart. */
  readonly socketPath: string;
  readonly pid: number;
  readonly isRunning: boolean;
  /** SIGKILL; resolves when it has been reaped. */
  kill(): Promise<void>;
  /** Starts again what was killed: empty, unless it persists. */
  start(): Promise<void>;
}

export interface RedisServerOptions {
  /** Further arguments, such as `--requirepass`. */
  readonly args?: readonly string[];
}

export async function startRedisServer({ args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = await temporaryDirectory();
  const socketPath = join(directory.path, 'redis.sock');
  const defaults = ['--port', '0', '--unixsocket', socketPath, '--dir', directory.path];
  const quiet = ['--save', '', '--appendonly', 'no', '--loglevel', 'warning', '--daemonize', 'no'];
  let child: ChildProcess;
  let closed: Promise<unknown>;
  const start = async () => {
    // Whatever ends the tests ends the server too.
    child = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', ...defaults, ...quiet, ...args], {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    closed = once(child, 'close');
    await Promise.race([
      untilAnswering(socketPath),
      closed.then(() => Promise.reject(new Error('redis-server has ended'))),
    ]);
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  await start();
  return {
    socketPath,
    get pid() {
      return child.pid ?? 0;
    },
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    kill,
    start,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function untilAnswering(socketPath: string): Promise<void> {
  while (!/PONG|NOAUTH/.test(await ping(socketPath))) await delay(5);
}

/** Its answer, empty while nobody listens. */
function ping(socketPath: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = createConnection(socketPath, () => socket.write('PING\r\n'));
  socket.setEncoding('latin1');
  socket.once('data', (text) => {
    socket.destroy();
    resolve(String(text));
  });
  socket.once('error', () => resolve(''));
  socket.once('close', () => resolve(''));
  return promise;
}
