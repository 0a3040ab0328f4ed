/**
 * Another process with the lock of one scope, which does what its test tells it, as `child-lines.ts` says.
 *
 *   acquire {"waitMs":0}  → [waiting] held | error CODE      release  → released
 *   hold                  → held, however long it takes      fence    → fence N | error CODE
 *   publish FILE TEXT     → published | error CODE (appends a line)
 *   take FILE TEXT        → published (hold and publish in one)
 *   stall FILE TEXT       → as publish, but it stops itself (SIGSTOP) inside the step, before it writes
 *   pause FILE TEXT       → as publish, but it stops itself right before, and hears of nothing in between
 *   count ROUNDS FILE     → counted                          lost     → lost CODE, when the hold is
 *   signal                → signal CODE | signal fine        contended → contended true | contended false
 *   backend               → backend NAME FALLBACKS           umask OCTAL → umask
 *   orphan                → orphan PID (a child without anything of ours)
 *   heir                  → heir PID (a child with the lock's descriptor)
 *   idle                  → idle, and when nothing keeps it alive any more: left CHILDREN
 *   exit                  → (nothing)
 *
 * Its arguments are the lock directory, the scope, and the backend as JSON.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import type { Held } from '@holdfast/base';
import { type LockOptions, LockRunner } from '@holdfast/lock-runner';
import { type ChildBackend, openBackend } from './child-backend.ts';
import { count } from './child-count.ts';
import { answerLines, type Commands, leaveLines, openLines, say } from './child-lines.ts';

const [directory = '', scope = '', settings = ''] = process.argv.slice(2);
const lines = openLines();
const backend = await openBackend(JSON.parse(settings) as ChildBackend);
const fallbacks: string[] = [];
const runner = new LockRunner({
  directory,
  backend: backend.choice,
  observer: { waiting: () => say('waiting'), fallback: (event) => fallbacks.push(event.backend) },
});
const quiet = new LockRunner({ directory, backend: backend.choice });
const forever = { waitMs: Number.POSITIVE_INFINITY };
let held: Held | undefined;

const commands: Commands = {
  acquire: async (options = '{}') => {
    held = await runner.acquire(scope, optionsOf(options));
    return 'held';
  },
  hold: async () => {
    held = await quiet.acquire(scope, forever);
    return 'held';
  },
  release: async () => {
    await held?.release();
    return 'released';
  },
  fence: async () => `fence ${await held?.fence()}`,
  publish: async (file = '', text = '') => {
    held?.publish(() => appendFileSync(file, `${text}\n`));
    return 'published';
  },
  take: async (file = '', text = '') => {
    held = await quiet.acquire(scope, forever);
    held.publish(() => appendFileSync(file, `${text}\n`));
    return 'published';
  },
  stall: async (file = '', text = '') => {
    held?.publish(() => {
      stopItself();
      appendFileSync(file, `${text}\n`);
    });
    return 'published';
  },
  pause: async (file = '', text = '') => {
    stopItself();
    held?.publish(() => appendFileSync(file, `${text}\n`));
    return 'published';
  },
  count: async (rounds = '0', file = '') => {
    await count(quiet, scope, Number(rounds), file);
    return 'counted';
  },
  lost: async () => {
    if (held?.signal.aborted === false) await once(held.signal, 'abort');
    return `lost ${held?.signal.reason.code}`;
  },
  signal: async () => `signal ${held?.signal.aborted === true ? held.signal.reason.code : 'fine'}`,
  contended: async () => `contended ${held?.contended()}`,
  backend: async () => `backend ${[runner.backend, ...fallbacks].join(' ')}`,
  umask: async (mask = '') => {
    process.umask(Number.parseInt(mask, 8));
    return 'umask';
  },
  orphan: async () => `orphan ${startSleeper('ignore').pid}`,
  heir: async () => `heir ${startSleeper(held?.descriptor ?? 'ignore').pid}`,
  idle: async () => {
    leaveLines(lines);
    backend[Symbol.dispose]();
    process.once('exit', () => writeSync(1, `left ${countChildren()}\n`));
    return 'idle';
  },
  exit: async () => process.exit(0),
};

answerLines(lines, commands);

function stopItself(): void {
  process.kill(process.pid, 'SIGSTOP');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100); // it need not be delivered at once
}

function startSleeper(descriptor: number | 'ignore'): ChildProcess {
  const stdio = ['ignore', 'ignore', 'ignore', descriptor] as const;
  return spawn('/bin/sleep', ['600'], { detached: true, stdio: [...stdio], env: {} });
}

function countChildren(): number {
  const tasks = readdirSync('/proc/self/task').map((task) => `/proc/self/task/${task}/children`);
  return tasks.flatMap((path) => readFileSync(path, 'latin1').match(/\d+/g) ?? []).length;
}

/** JSON has no infinity: it is written as null. */
function optionsOf(text: string): LockOptions {
  const options = JSON.parse(text) as LockOptions & { waitMs?: number | null };
  return options.waitMs === null ? { ...options, ...forever } : options;
}
