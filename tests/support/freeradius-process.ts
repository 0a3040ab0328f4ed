/**
 * A FreeRADIUS of the machine as a process of the test: on a configuration directory of its own, without the machine's
 * configuration, ended with its user. The kernel kills it when the process of the test dies.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface FreeradiusProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it has said so far. */
  log(): string;
}

const setpriv = '/usr/bin/setpriv';

/**
 * @param directory - with `radiusd.conf`
 * @param more - of its environment
 */
export async function startFreeradiusProcess(
  directory: string,
  more: Readonly<Record<string, string>> = {},
): Promise<FreeradiusProcess> {
  const guard = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : [];
  const server = ['freeradius', '-f', '-l', 'stdout', '-d', directory, '-n', 'radiusd'];
  const [file = '', ...args] = [...guard, ...server];
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', ...more };
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.includes('Ready to process requests')) ready.resolve();
  });
  void ended.then(() => ready.reject(new Error(`freeradius has ended:\n${lines.join('\n')}`)));
  await ready.promise;
  return {
    pid: child.pid ?? 0,
    log: () => lines.join('\n'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A port of 127.0.0.1 that is free for UDP now. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
