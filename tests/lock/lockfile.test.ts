/** The lockfile backend between real processes: on Node, on Bun, and with programs that use proper-lockfile itself. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { LockRunner, lockFileName } from '@holdfast/lock-runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { counts, isSoak } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { overlapsInLog } from './hold-log.ts';
import { type LockProcess, type LockProcessOptions, startLockProcess } from './lock-process.ts';

const scope = 'policy:gw1';
const bothRuntimes = ['node', 'bun'] as const;
const withoutLimit = 'acquire {"waitMs":null}';
const atOnce = 'acquire {"waitMs":0}';
/** A lease that a test can wait for. The holder's own is as long. */
const shortLease = JSON.stringify({ leaseMs: 600 });
/** Where the liveness of our processes cannot be told, so that only the lease can break what they leave. */
const otherPids = ['/usr/bin/unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

let base: TemporaryDirectory;
let directory: string;
let path: string;
let claim: string;
let owner: string;
let started: LockProcess[];

beforeEach(async () => {
  base = await temporaryDirectory();
  directory = join(base.path, 'locks');
  path = join(directory, lockFileName(scope));
  claim = `${path}.lock`;
  owner = path.replace('.lock', '.owner');
  started = [];
});

afterEach(async () => {
  await Promise.all(started.map((one) => one.kill()));
  const left = existsSync(directory)
    ? readdirSync(directory).filter((name) => name.includes('.lock.lock.'))
    : [];
  await base[Symbol.asyncDispose]();
  expect(left).toEqual([]);
});

async function start(options: Partial<LockProcessOptions> = {}): Promise<LockProcess> {
  const child = await startLockProcess({ directory, scope, backend: 'lockfile', ...options });
  started.push(child);
  return child;
}

function startPeer(): Promise<LockProcess> {
  return start({ script: 'lockfile-peer.ts' });
}

/** What others see of the claim; it changes with every renewal. */
function renewals(): bigint {
  return statSync(claim, { bigint: true }).mtimeNs;
}

async function renewed(times: number): Promise<void> {
  for (let seen = 0, last = renewals(); seen < times; await turn()) {
    const now = renewals();
    if (now !== last) seen += 1;
    last = now;
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
        Array.from({ length: counterProcesses }, (_, place) =>
          start({ runtime: place % 2 === 0 ? 'node' : 'bun' }),
        ),
      );
      for (const child of children) child.say(`count ${counterRounds} ${file}`);
      for (const child of children) await child.hear('counted');
      const log = readFileSync(`${file}.log`, 'latin1').trim().split('\n');
      expect(log).toHaveLength(2 * counterProcesses * counterRounds);
      expect(overlapsInLog(log)).toEqual([]);
      expect(readFileSync(file, 'latin1')).toBe(String(counterProcesses * counterRounds));
    },
    isSoak ? 600_000 : 60_000,
  );

  it.each(bothRuntimes)('makes a waiter on %s wait until the lock is given back', async (runtime) => {
    const [holder, waiter] = await Promise.all([start(), start({ runtime })]);
    await holder.ask('acquire {"purpose":"first"}', 'held');
    await expect(waiter.ask(atOnce, 'error')).resolves.toBe('LOCK_BUSY');
    await waiter.ask(withoutLimit, 'waiting');
    const runner = new LockRunner({ directory, backend: 'lockfile' });
    expect((await runner.who(scope)).holder).toMatchObject({ pid: holder.pid, purpose: 'first' });
    holder.say('release');
    await waiter.hear('held');
    expect((await runner.who(scope)).holder).toMatchObject({ pid: waiter.pid });
    await waiter.ask('release', 'released');
    expect(readdirSync(directory).sort()).toEqual([
      '.backend',
      lockFileName(scope).replace('.lock', '.publish'),
    ]);
  });

  it('lets exactly one of two backends begin, when both begin at the same moment', async () => {
    const uses = ['flock', 'lockfile', 'lockfile', 'flock'];
    for (let round = 0; round < counts.waiterKillRounds; round += 1) {
      const fresh = join(base.path, `locks-${round}`);
      const file = join(base.path, `counter-${round}`);
      writeFileSync(file, '0');
      const children = await Promise.all(
        uses.map((backend, place) =>
          start({ directory: fresh, backend, runtime: place % 2 === 0 ? 'node' : 'bun' }),
        ),
      );
      for (const child of children) child.say(`count 1 ${file}`);
      const winner = await stampOf(fresh);
      const answers = await Promise.all(
        children.map((child, place) => child.hear(uses[place] === winner ? 'counted' : 'error')),
      );
      expect(answers.toSorted()).toEqual(['', '', 'LOCK_MIXED', 'LOCK_MIXED']);
      expect(readFileSync(file, 'latin1')).toBe('2');
      await Promise.all(children.map((child) => child.kill()));
    }
  });
});

async function stampOf(where: string): Promise<string> {
  const stamp = join(where, '.backend');
  while (!existsSync(stamp)) await turn();
  return readFileSync(stamp, 'utf8').trim();
}

describe('death', () => {
  it(
    'of the holder frees the lock for the waiter within a second, every time',
    async () => {
      let next = start({ runtime: 'bun' });
      let holder = await start();
      await holder.ask('acquire', 'held');
      const tookMs: number[] = [];
      for (let round = 0; round < counts.killRounds; round += 1) {
        const waiter = await next;
        next = start({ runtime: round % 2 === 0 ? 'node' : 'bun' }); // it starts while this round runs
        await waiter.ask(withoutLimit, 'waiting');
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

  it(
    'leaves one claim that eight processes meet, and never two of them get it',
    async () => {
      const file = join(base.path, 'counter');
      writeFileSync(file, '0');
      const children = await Promise.all(
        Array.from({ length: 8 }, (_, place) => start({ runtime: place % 2 === 0 ? 'node' : 'bun' })),
      );
      const dead = await deadOwner();
      for (let round = 0; round < counts.killRounds; round += 1) {
        plantClaim(dead);
        for (const child of children) child.say(`count 1 ${file}`);
        for (const child of children) await child.hear('counted');
      }
      const log = readFileSync(`${file}.log`, 'latin1').trim().split('\n');
      expect(overlapsInLog(log)).toEqual([]);
      expect(readFileSync(file, 'latin1')).toBe(String(8 * counts.killRounds));
    },
    isSoak ? 900_000 : 60_000,
  );

  it('of a waiter leaves nothing behind', async () => {
    const [holder, doomed] = await Promise.all([start(), start()]);
    await holder.ask('acquire', 'held');
    await doomed.ask(withoutLimit, 'waiting');
    await doomed.kill();
    await holder.ask('release', 'released');
    expect(existsSync(claim)).toBe(false);
    await holder.ask(atOnce, 'held');
  });

  it.each(
    bothRuntimes.flatMap((runtime) =>
      (['SIGTERM', 'SIGINT', 'its end'] as const).map((how) => [runtime, how] as const),
    ),
  )('of a holder on %s by %s gives the lock back', async (runtime, how) => {
    const holder = await start({ runtime });
    await holder.ask('acquire', 'held');
    if (how === 'its end') holder.say('exit');
    else process.kill(holder.pid, how);
    await holder.ended;
    expect([claim, owner].map((name) => existsSync(name))).toEqual([false, false]);
  });
});

/** The record of a process that is dead. */
async function deadOwner(): Promise<Record<string, unknown>> {
  const doomed = await start();
  await doomed.ask('acquire', 'held');
  await doomed.kill();
  const record = JSON.parse(readFileSync(owner, 'utf8')) as Record<string, unknown>;
  rmSync(claim, { recursive: true });
  return record;
}

function plantClaim(record: Record<string, unknown>): void {
  mkdirSync(claim);
  const { ino, birthtimeNs } = statSync(claim, { bigint: true });
  const about = { ino: String(ino), birthtimeNs: String(birthtimeNs) };
  writeFileSync(owner, JSON.stringify({ ...record, claim: about }));
}

describe('a program that uses proper-lockfile itself', () => {
  it.each(bothRuntimes)(
    'is kept out while a hold on %s lasts, longer than its threshold',
    async (runtime) => {
      const [holder, peer] = await Promise.all([start({ runtime }), startPeer()]);
      await holder.ask('acquire', 'held');
      for (let round = 0; round < 3; round += 1) {
        await expect(peer.ask('lock {"stale":2000}', 'error')).resolves.toBe('ELOCKED');
        await renewed(1);
      }
      await expect(peer.ask('lock {"stale":2000}', 'error')).resolves.toBe('ELOCKED');
      await holder.ask('release', 'released');
      await peer.ask('lock', 'locked');
      await peer.ask('unlock', 'unlocked');
    },
  );

  it.each(bothRuntimes)('keeps %s out while it holds, longer than a lease', async (runtime) => {
    const [peer, waiter] = await Promise.all([startPeer(), start({ runtime, backend: shortLease })]);
    mkdirSync(directory, { mode: 0o700 });
    await peer.ask('lock {"update":1000,"stale":2000}', 'locked');
    const patient = await start({ runtime, backend: JSON.stringify({ leaseMs: 2_000 }) });
    await expect(waiter.ask(atOnce, 'error')).resolves.toBe('LOCK_BUSY');
    await patient.ask(withoutLimit, 'waiting');
    await renewed(3); // three times its claim was renewed before a lease had passed
    const runner = new LockRunner({ directory, backend: 'lockfile' });
    expect((await runner.who(scope)).holder).toMatchObject({ pid: 0, purpose: expect.any(String) });
    await peer.ask('unlock', 'unlocked');
    await patient.hear('held');
    await expect(peer.ask('lock', 'error')).resolves.toBe('ELOCKED');
  });

  it('takes over what a killed holder left, by its own rule', async () => {
    const [holder, peer] = await Promise.all([start(), startPeer()]);
    await holder.ask('acquire', 'held');
    await holder.kill();
    await peer.ask(
      'lock {"stale":2000,"retries":{"retries":100,"minTimeout":100,"maxTimeout":100}}',
      'locked',
    );
  });

  it.each(bothRuntimes)('that was killed is succeeded by %s after a lease', async (runtime) => {
    const [peer, waiter] = await Promise.all([startPeer(), start({ runtime, backend: shortLease })]);
    mkdirSync(directory, { mode: 0o700 });
    await peer.ask('lock', 'locked');
    await peer.kill();
    await waiter.ask(withoutLimit, 'waiting');
    await waiter.hear('held');
  });

  it('that takes the claim of a stopped holder is not robbed of it, neither by release nor at exit', async () => {
    const [holder, peer] = await Promise.all([start(), startPeer()]);
    await holder.ask('acquire', 'held');
    process.kill(holder.pid, 'SIGSTOP');
    await peer.ask(
      'lock {"stale":2000,"retries":{"retries":100,"minTimeout":100,"maxTimeout":100}}',
      'locked',
    );
    process.kill(holder.pid, 'SIGCONT');
    await untilSignal(holder, 'LOCK_LOST');
    const before = statSync(claim).ino;
    await holder.ask('release', 'released');
    process.kill(holder.pid, 'SIGTERM');
    await holder.ended;
    expect(statSync(claim).ino).toBe(before);
    await peer.ask('unlock', 'unlocked');
  });
});

async function untilSignal(child: LockProcess, code: string): Promise<void> {
  while ((await child.ask('signal', 'signal')) !== code) await turn();
}

describe.skipIf(isMissing('root', 'unshare'))('a holder that is stopped past its lease', () => {
  let target: string;
  let older: LockProcess;
  let newer: LockProcess;

  beforeEach(async () => {
    target = join(base.path, 'document');
    [older, newer] = await Promise.all([
      start({ backend: shortLease }),
      start({ backend: shortLease, through: otherPids }),
    ]);
    await older.ask('acquire', 'held');
  });

  /** Stops the older one and waits until the newer one has published. */
  async function overtake(): Promise<void> {
    process.kill(older.pid, 'SIGSTOP');
    await newer.ask(withoutLimit, 'waiting');
    await newer.hear('held');
    await newer.ask('fence', 'fence');
    await newer.ask(`publish ${target} newer`, 'published');
    process.kill(older.pid, 'SIGCONT');
  }

  it.each(['with', 'without'])('before its publish publishes nothing, %s a generation', async (how) => {
    if (how === 'with') expect(await older.ask('fence', 'fence')).toBe('1');
    await overtake();
    await expect(older.ask(`publish ${target} older`, 'error')).resolves.toBe('LOCK_LOST');
    expect(readFileSync(target, 'utf8')).toBe('newer');
  });

  it('inside its publish keeps the successor out until it has published', async () => {
    await older.ask('fence', 'fence');
    older.say(`stall ${target} older`);
    await stopped(older);
    await threeLeasesIn(newer);
    expect(existsSync(target)).toBe(false);
    process.kill(older.pid, 'SIGCONT');
    await older.hear('published');
    expect(readFileSync(target, 'utf8')).toBe('older');
    await older.ask('release', 'released');
    await newer.ask(atOnce, 'held');
    await newer.ask(`publish ${target} newer`, 'published');
    expect(readFileSync(target, 'utf8')).toBe('newer');
  });

  it('learns that it has lost, and takes nothing from its successor, neither by release nor at exit', async () => {
    await overtake();
    await untilSignal(older, 'LOCK_LOST');
    const before = statSync(claim).ino;
    await older.ask('release', 'released');
    process.kill(older.pid, 'SIGTERM');
    await older.ended;
    expect(statSync(claim).ino).toBe(before);
    await expect(newer.ask('signal', 'signal')).resolves.toBe('fine');
    await newer.ask('release', 'released');
    expect([claim, owner].map((name) => existsSync(name))).toEqual([false, false]);
  });

  it('takes nothing at exit when it never learnt that it has lost', async () => {
    process.kill(older.pid, 'SIGSTOP');
    await newer.ask(withoutLimit, 'waiting');
    await newer.hear('held');
    const before = statSync(claim).ino;
    process.kill(older.pid, 'SIGTERM'); // delivered when it goes on, before any of its timers
    process.kill(older.pid, 'SIGCONT');
    await older.ended;
    expect(statSync(claim).ino).toBe(before);
    await expect(newer.ask('signal', 'signal')).resolves.toBe('fine');
  });

  it('goes on when nobody came in between', async () => {
    const neighbour = await start();
    process.kill(older.pid, 'SIGSTOP');
    await threeLeasesIn(neighbour);
    process.kill(older.pid, 'SIGCONT');
    await renewed(1);
    await expect(older.ask('signal', 'signal')).resolves.toBe('fine');
    await older.ask(`publish ${target} older`, 'published');
  });

  it('is not taken for dead by a process that can see that it lives', async () => {
    const neighbour = await start({ backend: shortLease });
    process.kill(older.pid, 'SIGSTOP');
    await threeLeasesIn(neighbour);
    process.kill(older.pid, 'SIGCONT');
    await older.ask('release', 'released');
    await neighbour.ask(atOnce, 'held');
  });
});

/** Resolves when the process has been stopped, as the kernel says. */
async function stopped({ pid }: LockProcess): Promise<void> {
  const isStopped = () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  while (!isStopped()) await turn();
}

/** Three short leases pass, in which this waiter is not let in. */
async function threeLeasesIn(waiter: LockProcess): Promise<void> {
  await waiter.ask('acquire {"waitMs":1800}', 'waiting');
  await expect(waiter.hear('error')).resolves.toBe('LOCK_BUSY');
}
