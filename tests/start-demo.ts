/** `npm start` as a process of the test: on free ports and a state directory of its own, ended with its user. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openTruth, type Truth } from '@holdfast/truth-db';
import { repository, runtimes } from './support/repository.ts';
import { type Finished, type RunOptions, runProcess, startProcess } from './support/run-process.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

export const startScript = join(repository, 'scripts/start.ts');

export interface Demo extends AsyncDisposable {
  readonly pid: number;
  /** Of the panel. */
  readonly url: string;
  readonly stateDir: string;
  readonly finished: Promise<Finished>;
  /** What it has said so far. */
  said(): string;
  /** Process ids of what it has started, by name. */
  processes(): ReadonlyMap<string, number>;
  /** What a command in its namespace prints. */
  inside(...command: readonly string[]): string;
  /** Another connection to its truth. */
  openTruth(): Truth;
  /** Where FreeRADIUS listens, and the secret of its NAS. */
  radius(): Promise<{ readonly authPort: number; readonly acctPort: number; readonly secret: string }>;
  /** Status of `/healthz` of the panel. */
  health(): Promise<number>;
  /** Calls the panel as the demo's admin. */
  asAdmin(method: string, path: string, body?: object): Promise<PanelAnswer>;
  kill(signal: NodeJS.Signals): void;
}

export interface PanelAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer, asserted on key by key
  readonly body: any;
}

/** Runs it to its end. */
export function runStart(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return runProcess(runtimes.node, [startScript, ...args], { cwd: repository, ...options });
}

/** Resolves when it has said that it is up. */
export async function startDemo(args: readonly string[] = []): Promise<Demo> {
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(await temporaryDirectory());
  const stateDir = join(path, 'state');
  cleanup.defer(async () => void (await runStart(['--clean', '--state-dir', stateDir])));
  const place = ['--panel', '127.0.0.1:0', '--state-dir', stateDir];
  const { child, finished } = startProcess(runtimes.node, [startScript, ...place, ...args], {
    cwd: repository,
  });
  cleanup.defer(async () => {
    child.kill('SIGTERM');
    await finished;
  });
  let said = '';
  const up = Promise.withResolvers<void>();
  child.stdout?.on('data', (text: string) => {
    said += text;
    if (said.includes('Ctrl-C')) up.resolve();
  });
  void finished.then((end) => up.reject(new Error(`npm start has ended: ${JSON.stringify(end)}`)));
  await up.promise;
  const opened = cleanup.move();
  const shown = (pattern: RegExp) => pattern.exec(said)?.[1] ?? '';
  let token: Promise<string> | undefined;
  const url = shown(/^panel: +(\S+)$/m);
  const call = (method: string, route: string, { body, headers }: { body?: object; headers?: object }) =>
    fetch(`${url}${route}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const login = async () => {
    const { email, password } = JSON.parse(await readFile(join(stateDir, 'demo/admin.json'), 'utf8'));
    const answer = await call('POST', '/v1/auth/login', {
      body: { email, password, attemptId: randomUUID() },
    });
    return ((await answer.json()) as { accessToken: string }).accessToken;
  };
  return {
    pid: child.pid ?? 0,
    url,
    stateDir,
    finished,
    said: () => said,
    processes: () => processesOf(stateDir),
    inside: (...command) => {
      const enter = ['netns', 'exec', shown(/network namespace (\S+)/), ...command];
      return spawnSync('ip', enter, { encoding: 'utf8' }).stdout;
    },
    openTruth: () => openTruth(`sqlite:${join(stateDir, 'truth.sqlite')}`),
    radius: () => radiusOf(join(stateDir, 'demo/raddb')),
    health: async () => (await fetch(`http://127.0.0.1:${shown(/at 127\.0\.0\.1:(\d+)/)}/healthz`)).status,
    asAdmin: async (method, route, body) => {
      token ??= login();
      const headers = { authorization: `Bearer ${await token}` };
      const answer = await call(method, route, body === undefined ? { headers } : { body, headers });
      return { status: answer.status, body: await answer.json() };
    },
    kill: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Asks again and again, until it fits. */
export async function until<Value>(
  ask: () => Value | Promise<Value>,
  fits: (value: Value) => boolean | Promise<boolean>,
): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (await fits(value)) return value;
    await delay(20);
  }
}

const names = {
  panel: 'vpn-panel.js',
  mapper: 'vpn-radius-mapper.js',
  reconcile: 'vpn-policy-reconcile.js',
  freeradius: 'freeradius',
  keeper: 'keeper.sh',
  traffic: 'traffic/main.ts',
} as const;

/** Those that live, lead a process group, as what it starts does, and have its state directory in their command line. */
function processesOf(stateDir: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const command = commandOf(pid);
    if (!command.includes(stateDir) || !leadsGroup(pid)) continue;
    for (const [name, program] of Object.entries(names))
      if (command.includes(program)) found.set(name, Number(pid));
  }
  return found;
}

/** Empty for one that has ended, reaped or not. */
function commandOf(pid: string): string {
  return readOf(pid, 'cmdline').replaceAll('\0', ' ');
}

/** Not so a child between its fork and its exec, which looks like its parent otherwise. */
function leadsGroup(pid: string): boolean {
  const [, , group] = readOf(pid, 'stat')
    .replace(/^.*\) /, '')
    .split(' ');
  return group === pid;
}

function readOf(pid: string, file: 'cmdline' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

async function radiusOf(raddb: string) {
  const options = await readFile(join(raddb, 'holdfast/options.conf'), 'utf8');
  const portOf = (kind: string) =>
    Number(new RegExp(`^holdfast_${kind}_port = (\\d+)$`, 'm').exec(options)?.[1]);
  const secret = (await readFile(join(raddb, 'nas-secret'), 'utf8')).trim();
  return { authPort: portOf('auth'), acctPort: portOf('acct'), secret };
}
