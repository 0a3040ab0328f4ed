/**
 * `vpn-panel` as a process of the test: on a free loopback port, in a state directory and on a truth of its own unless others are
 * given. The bundle is started where it was built, else the sources.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { sourceProgram } from './child-program.ts';
import { bins, repository, runtimes } from './repository.ts';
import { type Finished, startProcess } from './run-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface PanelProcess extends AsyncDisposable {
  readonly pid: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Of /healthz, /readyz and /metrics. */
  readonly statusUrl: string;
  readonly stateDir: string;
  readonly database: string;
  /** Everything it has logged so far. */
  logs(): string;
  /** Resolves with the first line of the log, from the beginning, that fits. */
  logged(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** The value of a metric, its labels as they are written. */
  metric(series: string): Promise<number | undefined>;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<Finished>;
  /** SIGKILL; resolves when it has been reaped. */
  kill(): Promise<Finished>;
  /** SIGTERM, unless it has ended. */
  stop(): Promise<Finished>;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [fact: string]: unknown;
}

export interface PanelProcessOptions {
  /** Default: `truth.sqlite` in the state directory. It is migrated first. */
  readonly database?: string;
  /** Default: a temporary one, which is gone with the process. */
  readonly stateDir?: string;
  /** Fills the truth before the panel starts. */
  readonly prepare?: (truth: Truth) => Promise<void>;
  /** A free one by default; to come back at the same address after a kill. */
  readonly port?: number;
  readonly runtime?: keyof typeof runtimes;
  /** Further flags. */
  readonly args?: readonly string[];
  /** Another build of it: one whose guards are broken. */
  readonly bin?: string;
  /** A guard against one that hangs, in milliseconds. */
  readonly guardMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const source = join(repository, 'apps/panel/src/main.ts');
const bundle = join(repository, 'apps/panel/dist/bundle/main.js');

/** The first arguments of a runtime that runs `vpn-panel`. */
export function panelProgram(): readonly string[] {
  return existsSync(bundle) ? [bins.panel] : sourceProgram(source);
}

/** Resolves when it answers. */
export async function startPanel(options: PanelProcessOptions = {}): Promise<PanelProcess> {
  const { runtime = 'node', args = [], port = 0, guardMs = 600_000, env = {}, bin, prepare } = options;
  await using cleanup = new AsyncDisposableStack();
  const stateDir = options.stateDir ?? cleanup.use(await temporaryDirectory()).path;
  const { database = `sqlite:${join(stateDir, 'truth.sqlite')}` } = options;
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await prepared(database, prepare);
  const place = ['--listen', `127.0.0.1:${port}`, '--status-listen', '127.0.0.1:0', '--state-dir', stateDir];
  const program = bin === undefined ? panelProgram() : [bin];
  const running = startProcess(
    runtimes[runtime],
    [...program, 'serve', ...place, '--database', database, ...args],
    {
      guardMs,
      env,
    },
  );
  const { child, finished } = running;
  let text = '';
  let heard = Promise.withResolvers<void>();
  let hasEnded = false;
  const hear = () => {
    heard.resolve();
    heard = Promise.withResolvers();
  };
  child.stderr?.on('data', (more: string) => {
    text += more;
    hear();
  });
  const ended = finished.then((end) => {
    hasEnded = true;
    hear();
    return end;
  });
  cleanup.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const logged = async (fits: (line: LogLine) => boolean, place = 1) => {
    for (;;) {
      const found = linesOf(text).filter(fits)[place - 1];
      if (found !== undefined) return found;
      if (hasEnded) throw new Error(`the panel has ended: ${JSON.stringify(await ended)}`);
      await heard.promise;
    }
  };
  const isListening = ({ msg }: LogLine) => msg === 'listening';
  const url = String((await logged(isListening)).url);
  const statusUrl = String((await logged(isListening, 2)).url);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  const opened = cleanup.move();
  return {
    pid: child.pid ?? 0,
    url,
    statusUrl,
    stateDir,
    database,
    ended,
    logs: () => text,
    logged: (fits) => logged(fits),
    metric: async (series) => {
      const answer = await (await fetch(`${statusUrl}/metrics`)).text();
      const line = answer.split('\n').find((row) => row.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function prepared(database: string, prepare: PanelProcessOptions['prepare']): Promise<void> {
  await using truth = openTruth(database, { busyTimeoutMs: 30_000 });
  await migrate(truth);
  await prepare?.(truth);
}

/** Whole lines only; what is no JSON is talk. */
function linesOf(text: string): readonly LogLine[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}
