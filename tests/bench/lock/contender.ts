/**
 * One of several processes that want the same lock: takes it, works for a while, gives it back, takes one turn of the
 * event loop, and again until the time is up.
 *
 * Usage: contender.ts KIND DIRECTORY HOLD_MICROS WINDOW_MS [SOCKET_OF_THE_SERVER]. Says `ready`, waits for a line on stdin, answers with JSON.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LockRunner } from '@holdfast/lock-runner';
import { blockingFlock } from './flock-call.ts';
import { properLockfile, retries } from './proper-lockfile.ts';
import { isServerKind } from './server-kind.ts';

export interface ContenderResult {
  readonly served: number;
  readonly longestWaitMs: number;
}

/** Locks, calls `granted` while the lock is held, unlocks. */
type Take = (granted: () => void) => void | Promise<void>;

const [kind = '', directory = '.', holdMicros = '0', windowMs = '0', socketPath = ''] = process.argv.slice(2);
const holdMs = Number(holdMicros) / 1_000;
const warmUpMs = 400;
await using server = await openServer();
const take = server?.take ?? createTake();
await warmUp();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const result = await contend(Number(windowMs));
process.stdout.write(`${JSON.stringify(result)}\n`);
process.stdin.destroy();

/** Among the others: what is loaded, created or compiled once is not what is measured. */
async function warmUp(): Promise<void> {
  const endMs = performance.now() + warmUpMs;
  do {
    await take(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  } while (performance.now() < endMs);
}

async function contend(durationMs: number): Promise<ContenderResult> {
  const endMs = performance.now() + durationMs;
  let served = 0;
  let longestWaitMs = 0;
  for (let startMs = performance.now(); startMs < endMs; startMs = performance.now()) {
    await take(() => {
      longestWaitMs = Math.max(longestWaitMs, performance.now() - startMs);
      served += 1;
      work();
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { served, longestWaitMs };
}

/** Busy, as a holder that computes and writes small files is: a sleep would be rounded up by the timer. */
function work(): void {
  const endMs = performance.now() + holdMs;
  while (performance.now() < endMs);
}

/** Clients of servers are loaded by those who use one. */
async function openServer() {
  if (!isServerKind(kind)) return undefined;
  const { openServerTake } = await import('./server-take.ts');
  return openServerTake({ kind, directory, socketPath });
}

function createTake(): Take {
  if (kind === 'holdfast') return takeWithRunner(new LockRunner({ directory }));
  if (kind === 'flock(2)') return takeBlocking();
  if (kind === 'flock(1)') return takeWithCommand();
  if (kind === 'proper-lockfile') return takeWithLockfile();
  throw new Error(`no contender is called ${kind}`);
}

function takeWithRunner(runner: LockRunner): Take {
  return (granted) => runner.run('bench', {}, granted);
}

function takeBlocking(): Take {
  const flock = blockingFlock(join(directory, 'blocking.lock'));
  return (granted) => {
    flock.lock();
    granted();
    flock.unlock();
  };
}

/** As a script does it: the command holds the lock as long as its standard input is open. */
function takeWithCommand(): Take {
  const path = join(directory, 'command.lock');
  return async (granted) => {
    const child = spawn('flock', [path, 'sh', '-c', 'echo; read _'], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    granted();
    child.stdin.end();
    await once(child, 'close');
  };
}

function takeWithLockfile(): Take {
  const path = join(directory, 'lockfile');
  writeFileSync(path, '');
  return async (granted) => {
    const release = await properLockfile.lock(path, { retries });
    granted();
    await release();
  };
}
