/** `vpn-radius-mapper` as a process of the test, on a loopback port and a truth of its own. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bins, runtimes } from './repository.ts';
import { type Finished, startProcess } from './run-process.ts';

export interface MapperProcess extends AsyncDisposable {
  readonly pid: number;
  /** Where FreeRADIUS asks: `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** What FreeRADIUS shows it. */
  readonly secret: string;
  /** What it has logged so far. */
  log(): string;
  /** The value of a metric, its labels as they are written. */
  metric(series: string): Promise<number | undefined>;
  /** SIGKILL; resolves when it has been reaped. */
  kill(): Promise<void>;
  /** SIGTERM, unless it has ended. */
  stop(): Promise<Finished>;
}

export interface MapperOptions {
  readonly database: string;
  readonly stateDir: string;
  /** A free one by default. One that was killed is started anew on its own. */
  readonly port?: number;
  readonly runtime?: keyof typeof runtimes;
  readonly args?: readonly string[];
  /** Another build of it: one whose guards are broken. */
  readonly bin?: string;
  /** Of the runtime, such as `--cpu-prof`. */
  readonly runtimeArgs?: readonly string[];
  /** A guard against one that hangs, in milliseconds. */
  readonly guardMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when it is ready. */
export async function startMapper(options: MapperOptions): Promise<MapperProcess> {
  const {
    database,
    stateDir,
    port = await freeTcpPort(),
    runtime = 'node',
    args = [],
    runtimeArgs = [],
  } = options;
  const { bin = bins.mapper, guardMs = 7_200_000, env = {} } = options;
  const url = `http://127.0.0.1:${port}`;
  const place = ['--database', database, '--state-dir', stateDir, '--listen', `127.0.0.1:${port}`];
  const running = startProcess(runtimes[runtime], [...runtimeArgs, bin, ...place, ...args], {
    guardMs,
    env,
  });
  const { child, finished } = running;
  let log = '';
  child.stderr?.on('data', (text: string) => {
    log += text;
  });
  let hasEnded = false;
  const ended = finished.then((end) => {
    hasEnded = true;
    return end;
  });
  while (!(await isReady(url))) {
    if (hasEnded) throw new Error(`the mapper has ended: ${JSON.stringify(await ended)}`);
    await delay(10);
  }
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    url,
    port,
    secret: (await readFile(join(stateDir, 'radius-mapper.secret'), 'utf8')).trim(),
    log: () => log,
    metric: async (series) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const line = text.split('\n').find((row) => row.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: async () => {
      if (!hasEnded) await end('SIGKILL');
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { status } = await fetch(`${url}/readyz`);
    return status === 200;
  } catch (error) {
    if (error instanceof TypeError) return false; // nobody listens yet
    throw error;
  }
}

export async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
