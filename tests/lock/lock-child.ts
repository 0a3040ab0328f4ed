/**
 * Another process with the lock of one scope. It reads commands from stdin, one per line, and answers on stdout, one line
 * each: so a test is told when something has happened and need not guess.
 *
 *   acquire {"waitMs":0}  → [waiting] held | error CODE      release → released
 *   fence                 → fence N | error CODE             publish FILE TEXT → published | error CODE
 *   count ROUNDS FILE     → counted                          orphan → orphan PID
 *   umask OCTAL           → umask                            heir   → heir PID (a child with the lock's descriptor)
 *   backend               → backend NAME FALLBACKS           signal → signal CODE | signal fine
 *   exit                  → (nothing)                       contended → contended true | contended false
 *   idle                  → idle, and when nothing keeps it alive any more: left CHILDREN
 *   stall FILE TEXT       → as publish, but it stops itself (SIGSTOP) inside the step, before it writes
 *
 * Its third argument is the backend: a name that `LockRunner` knows, `flock:HELPER`, or the options of `lockfileBackend` as JSON.
 */
import { spawn } from 'node:child_process';
import { openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Held } from '@holdfast/base';
import {
  type LockBackendChoice,
  type LockfileOptions,
  type LockOptions,
  LockRunner,
  lockfileBackend,
} from '@holdfast/lock-runner';
import { flockWith } from './flock-with.ts';

const [directory = '', scope = '', choice = 'auto'] = process.argv.slice(2);
const backend = await backendOf(choice);
const fallbacks: string[] = [];
const runner = new LockRunner({
  directory,
  backend,
  observer: { waiting: () => say('waiting'), fallback: (event) => fallbacks.push(event.backend) },
});
const quiet = new LockRunner({ directory, backend });
let held: Held | undefined;

const commands: Readonly<Record<string, (rest: readonly string[]) => Promise<string>>> = {
  acquire: async ([options = '{}']) => {
    held = await runner.acquire(scope, optionsOf(options));
    return 'held';
  },
  release: async () => {
    await held?.release();
    return 'released';
  },
  fence: async () => `fence ${await held?.fence()}`,
  publish: async ([file = '', text = '']) => {
    held?.publish(() => writeFileSync(file, text));
    return 'published';
  },
  count: async ([rounds = '0', file = '']) => {
    await count(Number(rounds), file);
    return 'counted';
  },
  orphan: async () => {
    const child = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore', env: {} });
    return `orphan ${child.pid}`;
  },
  heir: async () => {
    const stdio = ['ignore', 'ignore', 'ignore', held?.descriptor ?? 'ignore'] as const;
    const child = spawn('/bin/sleep', ['600'], { detached: true, stdio: [...stdio], env: {} });
    return `heir ${child.pid}`;
  },
  backend: async () => `backend ${[runner.backend, ...fallbacks].join(' ')}`,
  signal: async () => `signal ${held?.signal.aborted === true ? held.signal.reason.code : 'fine'}`,
  stall: async ([file = '', text = '']) => {
    held?.publish(() => {
      process.kill(process.pid, 'SIGSTOP');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); // it need not be delivered at once
      writeFileSync(file, text);
    });
    return 'published';
  },
  exit: async () => process.exit(0),
  contended: async () => `contended ${held?.contended()}`,
  idle: async () => {
    lines.removeAllListeners('close');
    lines.close();
    process.stdin.destroy();
    process.once('exit', () => writeSync(1, `left ${countChildren()}\n`));
    return 'idle';
  },
  umask: async ([mask = '']) => {
    process.umask(Number.parseInt(mask, 8));
    return 'umask';
  },
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void answer(line.split(' ')));
lines.on('close', () => process.exit(0));
say('ready');

async function answer([name = '', ...rest]: readonly string[]): Promise<void> {
  try {
    say((await commands[name]?.(rest)) ?? `no command ${name}`);
  } catch (error) {
    say(`error ${(error as { code?: string }).code ?? String(error)}`);
  }
}

/**
 * Increments the number in `file` under the lock and writes to `file.log` when each hold begins and ends. The order of
 * appends to one file is the same for everybody, which no clock can say here: Bun's has an origin of its own in each
 * process.
 */
async function count(rounds: number, file: string): Promise<void> {
  const log = openSync(`${file}.log`, 'a');
  for (let round = 0; round < rounds; round += 1) {
    await quiet.run(scope, { waitMs: Number.POSITIVE_INFINITY }, async () => {
      writeSync(log, `+${process.pid}\n`);
      const value = Number(readFileSync(file, 'latin1'));
      await new Promise((resolve) => setImmediate(resolve)); // lets another process come between, if it can
      writeFileSync(file, String(value + 1));
      writeSync(log, `-${process.pid}\n`);
    });
  }
}

async function backendOf(text: string): Promise<LockBackendChoice> {
  if (text.startsWith('{')) return lockfileBackend(JSON.parse(text) as LockfileOptions);
  if (text.startsWith('flock:')) return flockWith(text.slice('flock:'.length));
  return text as LockBackendChoice;
}

function countChildren(): number {
  const tasks = readdirSync('/proc/self/task').map((task) => `/proc/self/task/${task}/children`);
  return tasks.flatMap((path) => readFileSync(path, 'latin1').match(/\d+/g) ?? []).length;
}

/** JSON has no infinity: it is written as null. */
function optionsOf(text: string): LockOptions {
  const options = JSON.parse(text) as LockOptions & { waitMs?: number | null };
  return options.waitMs === null ? { ...options, waitMs: Number.POSITIVE_INFINITY } : options;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
