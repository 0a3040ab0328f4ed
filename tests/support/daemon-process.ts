/**
 * `vpn-policy-reconcile --watch` as a process: its reports as they come, its endpoints over a Unix socket in the state
 * directory, its end.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PolicyReport } from '@holdfast/gateway-policy/command';
import type { PolicyWorld } from './policy-world.ts';
import type { runtimes } from './repository.ts';
import type { Finished, Running } from './run-process.ts';

export interface DaemonProcess extends AsyncDisposable, Running {
  /** The next report that fits; those before it are gone. */
  reported(fits: (report: PolicyReport) => boolean): Promise<PolicyReport>;
  /** Every report so far, those that were taken included. */
  readonly reports: readonly PolicyReport[];
  /** Asks an endpoint; undefined while nobody answers. */
  ask(path: string): Promise<DaemonAnswer | undefined>;
  /** Asks `/readyz` again and again until the answer fits. */
  readiness(fits: (answer: DaemonAnswer) => boolean): Promise<DaemonAnswer>;
  /** The value of a metric with these labels as they are written, `{outcome="applied",gateway="gw1"}`. */
  metric(series: string): Promise<number | undefined>;
  /** SIGTERM, unless it has ended. */
  stop(): Promise<Finished>;
}

export interface DaemonAnswer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an endpoint, asserted on key by key
  readonly body: any;
}

export function startDaemon(
  world: PolicyWorld,
  args: readonly string[] = [],
  options: { readonly runtime?: keyof typeof runtimes; readonly socket?: string } = {},
): DaemonProcess {
  const socket = join(world.stateDir, options.socket ?? 'daemon.sock');
  const flags = ['--watch', '--json', '--listen', `unix:${socket}`, ...args];
  return daemonOf(world.start('reconcile', flags, options.runtime), socket);
}

/** @param socketPath - where it listens */
export function daemonOf(running: Running, socketPath: string): DaemonProcess {
  const { child, finished } = running;
  const reports: PolicyReport[] = [];
  let taken = 0;
  let rest = '';
  let heard = Promise.withResolvers<void>();
  child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    reports.push(...lines.filter((line) => line.startsWith('{"outcome"')).map(asReport));
    heard.resolve();
    heard = Promise.withResolvers();
  });
  const ask = (path: string) => askOver(socketPath, path);
  const stop = async () => {
    child.kill('SIGTERM');
    return finished;
  };
  return {
    child,
    finished,
    reports,
    ask,
    stop,
    reported: async (fits) => {
      for (;;) {
        const found = reports.findIndex((report, place) => place >= taken && fits(report));
        const report = reports[found];
        taken = report === undefined ? reports.length : found + 1;
        if (report !== undefined) return report;
        const ended = await Promise.race([heard.promise.then(() => undefined), finished]);
        if (ended !== undefined) throw new Error(`the daemon has ended: ${JSON.stringify(ended)}`);
      }
    },
    readiness: async (fits) => {
      for (;;) {
        const answer = await ask('/readyz');
        if (answer !== undefined && fits(answer)) return answer;
        await delay(5);
      }
    },
    metric: async (series) => {
      const line = (await ask('/metrics'))?.text.split('\n').find((row) => row.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

function asReport(line: string): PolicyReport {
  return JSON.parse(line) as PolicyReport;
}

async function askOver(socketPath: string, path: string): Promise<DaemonAnswer | undefined> {
  try {
    const asked = request({ socketPath, path, agent: false }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
    const isJson = answer.headers['content-type']?.includes('json') === true;
    return { status: answer.statusCode ?? 0, text, body: isJson ? JSON.parse(text) : undefined };
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}
