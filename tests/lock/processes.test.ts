/** The lock between real processes, on Node, on Bun and with flock(1). Nothing here sleeps to prove something. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { LockRunner, lockFileName } from '@holdfast/lock-runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { counts, isSoak } from '../support/counts.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { type LockProcess, type Runtime, startLockProcess } from './lock-process.ts';

const scope = 'policy:gw1';
const bothRuntimes = ['node', 'bun'] as const satisfies readonly Runtime[];
const pairs = bothRuntimes.flatMap((one) => bothRuntimes.map((other) => [one, other] as const));
const withoutLimit = 'acquire {"waitMs":null}';
const flock = '/usr/bin/flock';
const env = { PATH: '/usr/bin:/bin' };

let base: TemporaryDirectory;
let directory: string;
let path: string;
let runner: LockRunner;
let started: (LockProcess | ChildProcess)[];

beforeEach(async () => {
  base = await temporaryDirectory();
  directory = join(base.path, 'locks');
  path = join(directory, lockFileName(scope));
  runner = new LockRunner({ directory });
  started = [];
});

afterEach(async () => {
  await Promise.all(started.map((one) => one.kill('SIGKILL')));
  const { holder } = await runner.who(scope);
  const left = await untilFree();
  await base[Symbol.asyncDispose]();
  expect(left, `left over, at first ${JSON.stringify(holder)}`).toBe('free');
});

async function start(runtime: Runtime = 'node', options: { uid?: number } = {}): Promise<LockProcess> {
  const child = await startLockProcess({ directory, scope, runtime, ...options });
  started.push(child);
  return child;
}

/** The lock has to become free within a second once everybody who held it is dead. */
async function untilFree(): Promise<string> {
  return runner.run(scope, { waitMs: 1_000 }, () => 'free').catch((error: { code: string }) => error.code);
}

/** flock(1) on the runner's file, holding it until it is told to stop. */
async function holdWithFlock(): Promise<ChildProcess> {
  const child = spawn(flock, [path, '-c', 'echo held; read line'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  await once(child.stdout, 'data');
  return child;
}

function tryWithFlock(): boolean {
  return spawnSync(flock, ['-n', path, 'true'], { env }).status === 0;
}

async function waitersOf(count: number): Promise<readonly number[]> {
  for (;;) {
    const pids = (await runner.who(scope)).waiters.map(({ pid }) => pid);
    if (pids.length === count) return pids;
    await turn();
  }
}

describe('exclusion between processes', () => {
  it(
    'keeps a counter exact and no two holds overlapping, Node and Bun together',
    async () => {
      const file = join(base.path, 'counter');
      writeFileSync(file, '0');
      const { counterProcesses, counterRounds } = counts;
      const children = await Promise.all(
        Array.from({ length: counterProcesses }, (_, place) => start(place % 2 === 0 ? 'node' : 'bun')),
      );
      for (const child of children) child.say(`count ${counterRounds} ${file}`);
      for (const child of children) await child.hear('counted');
      const log = readFileSync(`${file}.log`, 'latin1').trim().split('\n');
      expect(log).toHaveLength(2 * counterProcesses * counterRounds);
      expect(overlaps(log)).toEqual([]);
      expect(readFileSync(file, 'latin1')).toBe(String(counterProcesses * counterRounds));
    },
    isSoak ? 600_000 : 60_000,
  );

  it.each(pairs)('makes %s wait for %s until that gives the lock back', async (later, first) => {
    const [holder, waiter] = await Promise.all([start(first), start(later)]);
    await holder.ask('acquire {"purpose":"first"}', 'held');
    await expect(waiter.ask('acquire {"waitMs":0}', 'error')).resolves.toBe('LOCK_BUSY');
    await waiter.ask(withoutLimit, 'waiting');
    expect(await waitersOf(1)).toEqual([waiter.pid]);
    expect((await runner.who(scope)).holder).toMatchObject({ pid: holder.pid, purpose: 'first' });
    holder.say('release');
    await waiter.hear('held');
    expect((await runner.who(scope)).holder).toMatchObject({ pid: waiter.pid });
    await waiter.ask('release', 'released');
  });

  it.each(bothRuntimes)('lets readers on %s in together and keeps a writer out', async (runtime) => {
    const [one, other, writer] = await Promise.all([start(), start(runtime), start(runtime)]);
    await one.ask('acquire {"mode":"shared"}', 'held');
    await other.ask('acquire {"mode":"shared","waitMs":0}', 'held');
    await writer.ask(withoutLimit, 'waiting');
    await waitersOf(1);
    one.say('release');
    expect(tryWithFlock()).toBe(false);
    other.say('release');
    await writer.hear('held');
  });

  it.each(bothRuntimes)('makes flock(1) and %s exclude each other', async (runtime) => {
    const child = await start(runtime);
    await child.ask('acquire', 'held');
    expect(tryWithFlock()).toBe(false);
    await child.ask('release', 'released');
    expect(tryWithFlock()).toBe(true);

    const shell = await holdWithFlock();
    await expect(child.ask('acquire {"waitMs":0}', 'error')).resolves.toBe('LOCK_BUSY');
    expect((await runner.who(scope)).holder?.purpose).toContain('flock');
    await child.ask(withoutLimit, 'waiting');
    expect(await waitersOf(1)).toEqual([child.pid]);
    shell.stdin?.end('\n');
    await child.hear('held');
  });
});

describe('death', () => {
  it(
    'of the holder frees the lock for the waiter within a second, every time',
    async () => {
      let next = start('bun');
      let holder = await start();
      await holder.ask('acquire', 'held');
      const tookMs: number[] = [];
      for (let round = 0; round < counts.killRounds; round += 1) {
        const waiter = await next;
        next = start(round % 2 === 0 ? 'node' : 'bun'); // it starts while this round runs
        await waiter.ask(withoutLimit, 'waiting');
        await waitersOf(1);
        const killedMs = performance.now();
        const killed = holder.kill();
        await waiter.hear('held');
        tookMs.push(performance.now() - killedMs);
        await killed;
        holder = waiter; // and dies in the next round, holding
      }
      await next;
      expect(Math.max(...tookMs)).toBeLessThan(1_000);
    },
    isSoak ? 900_000 : 60_000,
  );

  it.each(bothRuntimes)('of a waiter on %s leaves no lock and stops nobody behind it', async (runtime) => {
    const holder = await start();
    const last = await start();
    for (let round = 0; round < counts.waiterKillRounds; round += 1) {
      await holder.ask('acquire', 'held');
      const doomed = await start(runtime);
      await doomed.ask(withoutLimit, 'waiting');
      await waitersOf(1);
      await last.ask(withoutLimit, 'waiting');
      await waitersOf(2);
      await doomed.kill(); // its helper stays in the queue, in front of the last one
      await holder.ask('release', 'released');
      await last.hear('held');
      expect((await runner.who(scope)).waiters).toEqual([]);
      await last.ask('release', 'released');
    }
  });

  it.each(bothRuntimes)('of a holder on %s frees the lock although its child lives on', async (runtime) => {
    const holder = await start(runtime);
    await holder.ask('acquire', 'held');
    const orphan = Number(await holder.ask('orphan', 'orphan'));
    try {
      await holder.kill();
      expect(await untilFree()).toBe('free');
    } finally {
      process.kill(orphan, 'SIGKILL');
    }
  });
});

describe('a program that was handed the lock', () => {
  it.each(
    bothRuntimes.flatMap((runtime) =>
      (['is killed', 'gives it back'] as const).map((how) => [runtime, how] as const),
    ),
  )('keeps everybody out after its parent on %s %s, until it ends', async (runtime, how) => {
    const [holder, waiter] = await Promise.all([start(runtime), start()]);
    await holder.ask('acquire', 'held');
    const heir = Number(await holder.ask('heir', 'heir'));
    try {
      if (how === 'is killed') await holder.kill();
      else await holder.ask('release', 'released');
      await expect(waiter.ask('acquire {"waitMs":0}', 'error')).resolves.toBe('LOCK_BUSY');
      await waiter.ask(withoutLimit, 'waiting');
      await waitersOf(1);
      if (how === 'is killed') await expectHolder(heir, 'sleep 600');
    } finally {
      process.kill(heir, 'SIGKILL');
    }
    await waiter.hear('held');
  });
});

describe('who', () => {
  it('names the program that keeps the lock of a killed flock(1), not those who wait for it', async () => {
    mkdirSync(directory, { mode: 0o700 });
    const waiter = await start();
    const shell = spawn(flock, [path, 'sh', '-c', 'echo $$; exec sleep 600'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(shell.stdout, 'data');
    const pid = Number(line);
    try {
      shell.kill('SIGKILL');
      await once(shell, 'exit');
      await waiter.ask(withoutLimit, 'waiting');
      await waitersOf(1);
      await expectHolder(pid, 'sleep 600');
    } finally {
      process.kill(pid, 'SIGKILL');
    }
    await waiter.hear('held');
  });
});

/** Names `pid` with its command, to who asks and to who is kept out. */
async function expectHolder(pid: number, command: string): Promise<void> {
  const holder = { pid, purpose: expect.stringContaining(command) };
  expect((await runner.who(scope)).holder).toMatchObject(holder);
  const refused = runner.run(scope, { waitMs: 0 }, () => 'ran');
  await expect(refused).rejects.toMatchObject({ code: 'LOCK_BUSY', details: { holder } });
}

describe('generations', () => {
  it('grow across processes, runtimes and a SIGKILL', async () => {
    const fences: number[] = [];
    for (const runtime of [...bothRuntimes, ...bothRuntimes]) {
      const child = await start(runtime);
      await child.ask('acquire', 'held');
      fences.push(Number(await child.ask('fence', 'fence')));
      await child.kill();
    }
    expect(fences).toEqual([1, 2, 3, 4]);
  });

  it.each(pairs)('refuse %s a publish after %s took over the removed lock file', async (first, second) => {
    const target = join(base.path, 'document');
    const [older, newer] = await Promise.all([start(first), start(second)]);
    await older.ask('acquire', 'held');
    await older.ask('fence', 'fence');
    rmSync(path);
    await newer.ask('acquire {"waitMs":0}', 'held');
    await newer.ask('fence', 'fence');
    await newer.ask(`publish ${target} new`, 'published');
    await expect(older.ask(`publish ${target} old`, 'error')).resolves.toBe('LOCK_LOST');
    expect(readFileSync(target, 'utf8')).toBe('new');
    await older.ask('release', 'released');
    await expect(older.ask(`publish ${target} old`, 'error')).resolves.toBe('LOCK_RELEASED');
  });
});

describe('the file system', () => {
  const nobody = 65_534;
  const isRoot = process.getuid?.() === 0;

  it.runIf(isRoot).each(bothRuntimes)('is refused to %s without write permission', async (runtime) => {
    chmodSync(base.path, 0o755);
    mkdirSync(directory, { mode: 0o555 });
    chownSync(directory, nobody, nobody);
    const child = await start(runtime, { uid: nobody });
    await expect(child.ask('acquire', 'error')).resolves.toBe('LOCK_DIRECTORY_READ_ONLY');
    expect(readdirSync(directory)).toEqual([]);
  });

  it.runIf(isRoot)('is refused where the directory or its missing parent is another user’s', async () => {
    chmodSync(base.path, 0o755);
    const early = await start('node', { uid: nobody });
    await expect(early.ask('acquire', 'error')).resolves.toBe('LOCK_DIRECTORY');
    mkdirSync(directory, { mode: 0o755 });
    await expect(early.ask('acquire', 'error')).resolves.toBe('LOCK_DIRECTORY_OWNER');
  });

  it.runIf(isRoot)('is refused where the lock file is another user’s', async () => {
    chmodSync(base.path, 0o755);
    mkdirSync(directory, { mode: 0o700 });
    chownSync(directory, nobody, nobody);
    await runner.run(scope, {}, () => undefined); // as root
    const child = await start('node', { uid: nobody });
    await expect(child.ask('acquire', 'error')).resolves.toBe('LOCK_DIRECTORY');
  });

  it.each(['0', '22', '77'])('gets private files whatever the umask: %s', async (mask) => {
    const child = await start();
    await child.ask(`umask ${mask}`, 'umask');
    await child.ask('acquire', 'held');
    await child.ask('fence', 'fence');
    const modes = [directory, ...readdirSync(directory).map((name) => join(directory, name))].map(
      (name) => statSync(name).mode & 0o077,
    );
    expect(modes).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('many waiters', () => {
  it('of one process leave its file system calls alone', async () => {
    const file = join(base.path, 'file');
    writeFileSync(file, 'x');
    const scopes = Array.from({ length: counts.waiters }, (_, place) => `${scope}:${place}`);
    const other = await startManyHolds(scopes);
    const alone = await medianReadMs(file);
    const cancel = new AbortController();
    const waits = scopes.map((name) =>
      runner
        .run(name, { waitMs: Infinity, signal: cancel.signal }, () => undefined)
        .catch((error) => error.code),
    );
    for (const name of scopes) while ((await runner.who(name)).waiters.length === 0) await turn();
    const waiting = await medianReadMs(file);
    cancel.abort();
    expect(new Set(await Promise.all(waits))).toEqual(new Set(['CANCELLED']));
    other.stdin?.end('\n');
    expect(waiting / alone).toBeLessThan(8);
  });
});

/** One shell that holds the lock of every scope. */
async function startManyHolds(scopes: readonly string[]): Promise<ChildProcess> {
  await runner.run(scope, {}, () => undefined); // makes the directory
  const files = scopes.map((name) => join(directory, lockFileName(name)));
  const nested = files.reduceRight(
    (inner, file) => `${flock} ${file} ${inner}`,
    "sh -c 'echo held; read line'",
  );
  const child = spawn('/bin/sh', ['-c', nested], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  await once(child.stdout, 'data');
  return child;
}

async function medianReadMs(file: string): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const tookMs: number[] = [];
  for (let read = 0; read < 300; read += 1) {
    const startMs = performance.now();
    await readFile(file);
    tookMs.push(performance.now() - startMs);
  }
  return tookMs.sort((a, b) => a - b)[150] ?? Number.NaN;
}

/** Sweeps a log of begins (`+pid`) and ends (`-pid`) for holds that began while another lasted. */
function overlaps(log: readonly string[]): readonly string[] {
  const inside = new Set<string>();
  return log.flatMap((line) => {
    if (line.startsWith('-')) return inside.delete(line.slice(1)) ? [] : [`${line} was not inside`];
    const others = [...inside];
    inside.add(line.slice(1));
    return others.map((other) => `${line} beside ${other}`);
  });
}
