/**
 * What only lockfile has: a claim that others can take, judged by its record and by watching it. A claim made by hand stands
 * for that of another process; clocks are the test's own.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Held, systemClock } from '@holdfast/base';
import { ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { publishPath } from '../directory/fence-file.ts';
import { closeLockFile, tryLockFile } from '../flock/lock-file.ts';
import { activeTimers, leftovers, turn } from '../lock-contract.ts';
import { lockFileName } from '../lock-name.ts';
import { LockRunner } from '../lock-runner.ts';
import { type LockfileOptions, lockfileBackend } from './lockfile-backend.ts';

const scope = 'policy:gw1';
const leaseMs = 10_000;
const busy = { code: 'LOCK_BUSY' };
const lost = expect.objectContaining({ code: 'LOCK_LOST' });

let base: string;
let directory: string;
let path: string;
let claim: string;
let owner: string;
let monotonicMs: number;
let events: string[];
let timersBefore: number;

const clock: Clock = { ...systemClock, monotonicMs: () => monotonicMs };
const createRunner = (options: LockfileOptions = {}, runnerClock: Clock = clock) =>
  new LockRunner({
    directory,
    backend: lockfileBackend({ leaseMs, ...options }),
    clock: runnerClock,
    observer: { lost: ({ reason }) => events.push((reason as { code: string }).code) },
  });

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'holdfast-lockfile-'));
  directory = join(base, 'locks');
  path = join(directory, lockFileName(scope));
  claim = `${path}.lock`;
  owner = path.replace('.lock', '.owner');
  mkdirSync(directory, { mode: 0o700 });
  monotonicMs = 1_000_000;
  events = [];
  timersBefore = activeTimers();
});

afterEach(async () => {
  const left = await leftovers(base, timersBefore);
  rmSync(base, { recursive: true });
  expect(left).toEqual([]);
});

const tryOnce = (runner: LockRunner) => runner.run(scope, { waitMs: 0 }, () => 'ran');

/** A process that has ended, as far as this host can tell. */
function deadProcess(): ProcessIdentity {
  const { pid } = spawnSync('/bin/true', { env: {} });
  return { ...ownIdentity(), pid, startTime: '1' };
}

/** Makes a claim as a process of Holdfast does, or as one that knows nothing of it. */
function plantClaim(made?: ProcessIdentity, changes: Record<string, unknown> = {}): void {
  mkdirSync(claim);
  const { ino, birthtimeNs } = statSync(claim, { bigint: true });
  if (made === undefined) return;
  const record = {
    token: 'ab'.repeat(16),
    host: 'elsewhere',
    process: made,
    purpose: 'copy',
    sinceWallMs: Date.now() - 5_000,
    claim: { ino: String(ino), birthtimeNs: String(birthtimeNs) },
    ...changes,
  };
  writeFileSync(owner, JSON.stringify(record));
}

/** As a foreign process takes over. */
function takeOver(): number {
  rmdirSync(claim);
  mkdirSync(join(base, 'number')); // so that the number of the removed one is not given away again
  mkdirSync(claim);
  return statSync(claim).ino;
}

describe('a claim', () => {
  it('is an empty private directory with a private record beside it, and both are gone after the hold', async () => {
    await createRunner().run(scope, { purpose: 'copy' }, () => {
      expect(readdirSync(claim)).toEqual([]);
      expect(statSync(claim).mode & 0o777).toBe(0o700);
      expect(statSync(owner).mode & 0o777).toBe(0o600);
      const { ino, birthtimeNs } = statSync(claim, { bigint: true });
      expect(JSON.parse(readFileSync(owner, 'utf8'))).toMatchObject({
        token: expect.stringMatching(/^[0-9a-f]{32}$/),
        process: { ...ownIdentity() },
        purpose: 'copy',
        claim: { ino: String(ino), birthtimeNs: String(birthtimeNs) },
      });
    });
    expect(readdirSync(directory).sort()).toEqual(['.backend', publishPath(lockFileName(scope))]);
  });

  it('is renewed once a second while it is held, and not after', async () => {
    const held = await createRunner().acquire(scope);
    const seen = new Set<bigint>();
    for (const startMs = Date.now(); seen.size < 3 && Date.now() - startMs < 20_000; await turn()) {
      seen.add(statSync(claim, { bigint: true }).mtimeNs);
    }
    expect(seen.size).toBe(3);
    await held.release();
    expect(existsSync(claim)).toBe(false);
  });

  it('keeps a claim of the same process and path by proper-lockfile itself untouched', async () => {
    const { lock, check } = await import('proper-lockfile');
    const held = await createRunner().acquire(scope);
    await expect(lock(path, { realpath: false })).rejects.toMatchObject({ code: 'ELOCKED' });
    await held.release();
    const release = await lock(path, { realpath: false });
    await held.release();
    expect(await check(path, { realpath: false })).toBe(true);
    await expect(tryOnce(createRunner())).rejects.toMatchObject(busy);
    await release();
  });

  it('is sought again after a renewal, release or publish of somebody else that keeps its guard', async () => {
    const guard = tryLockFile(publishPath(path), 'exclusive');
    if (guard === undefined) throw new Error('the guard is not free');
    const runner = createRunner({}, systemClock);
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    const waiter = runner.run(scope, {}, () => 'ran');
    await turn();
    closeLockFile(guard);
    await expect(waiter).resolves.toBe('ran');
  });

  it('is given back, late, when the guard is taken meanwhile', async () => {
    const held = await createRunner({}, systemClock).acquire(scope);
    const guard = tryLockFile(publishPath(path), 'exclusive');
    if (guard === undefined) throw new Error('the guard is not free');
    const released = held.release();
    await turn();
    expect(existsSync(claim)).toBe(true);
    closeLockFile(guard);
    await released;
    expect(existsSync(claim)).toBe(false);
  });

  it('is given back even when the guard has become something else', async () => {
    const sleep = async (ms: number) => {
      monotonicMs += ms;
    };
    const held = await createRunner({}, { ...clock, sleep }).acquire(scope);
    rmSync(publishPath(path));
    mkdirSync(publishPath(path));
    await held.release();
    expect([claim, owner].map((name) => existsSync(name))).toEqual([false, false]);
  });

  it('that somebody has put something into is lost, and left as it is', async () => {
    const sleep = async (ms: number) => {
      monotonicMs += ms;
    };
    const held = await createRunner({}, { ...clock, sleep }).acquire(scope);
    writeFileSync(join(claim, 'precious'), 'x');
    await held.release();
    expect(events).toEqual(['LOCK_LOST']);
    expect(readdirSync(claim)).toEqual(['precious']);
  });

  it('is given back even when a stopped process never frees the guard', async () => {
    const sleep = async (ms: number) => {
      monotonicMs += ms;
    };
    const held = await createRunner({}, { ...clock, sleep }).acquire(scope);
    const guard = tryLockFile(publishPath(path), 'exclusive');
    if (guard === undefined) throw new Error('the guard is not free');
    await held.release();
    expect([claim, owner].map((name) => existsSync(name))).toEqual([false, false]);
    closeLockFile(guard);
  });
});

describe('a claim that is found', () => {
  it('is broken at once when its maker is provably dead', async () => {
    plantClaim(deadProcess());
    await expect(tryOnce(createRunner())).resolves.toBe('ran');
    expect(readdirSync(directory)).not.toContain(`${lockFileName(scope)}.lock`);
  });

  it('is left alone for ever while its maker lives, however old it is', async () => {
    plantClaim(ownIdentity());
    utimesSync(claim, 0, 0);
    const runner = createRunner();
    for (let tries = 0; tries < 5; tries += 1) {
      await expect(tryOnce(runner)).rejects.toMatchObject({
        ...busy,
        details: { holder: { pid: process.pid } },
      });
      monotonicMs += leaseMs;
    }
  });

  it.each([
    ['made by nobody knows whom', undefined, {}],
    ['made in another pid namespace', { pidNamespace: '1' }, {}],
    ['made before a reboot or on another host', { boot: '0123456789ab' }, {}],
    ['that another inode was recorded for', {}, { claim: { ino: '1', birthtimeNs: '1' } }],
    ['whose number was given away again', {}, { birth: '1' }],
    ['whose record is damaged', {}, { token: 'x' }],
  ])('and was %s is broken after a lease without a change', async (_what, identity, changes) => {
    plantClaim(identity && { ...deadProcess(), ...identity }, changes);
    if ('birth' in changes) {
      const { ino } = statSync(claim, { bigint: true });
      const record = JSON.parse(readFileSync(owner, 'utf8'));
      writeFileSync(owner, JSON.stringify({ ...record, claim: { ino: String(ino), birthtimeNs: '1' } }));
    }
    const runner = createRunner();
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    monotonicMs += leaseMs - 1;
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    monotonicMs += 1;
    await expect(tryOnce(runner)).resolves.toBe('ran');
  });

  it.each([
    ['renewed', () => utimesSync(claim, Date.now() / 1_000, 1)],
    ['set back', () => utimesSync(claim, 0, 0)],
    ['replaced', takeOver],
  ])('is watched from the beginning when it is %s meanwhile', async (_what, change) => {
    plantClaim();
    const runner = createRunner();
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    monotonicMs += leaseMs - 1;
    change();
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    monotonicMs += leaseMs - 1;
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    monotonicMs += 1;
    await expect(tryOnce(runner)).resolves.toBe('ran');
  });

  it.each([0, 4_000_000_000])('is not judged by the age of its mtime: %d', async (mtime) => {
    plantClaim();
    utimesSync(claim, mtime, mtime);
    await expect(tryOnce(createRunner())).rejects.toMatchObject(busy);
    await expect(tryOnce(createRunner())).rejects.toMatchObject(busy);
  });

  it('is watched from the beginning when the lock was free in between', async () => {
    plantClaim();
    const runner = createRunner();
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    const before = statSync(claim, { bigint: true });
    renameSync(claim, `${claim}.away`);
    await tryOnce(runner);
    renameSync(`${claim}.away`, claim);
    expect(statSync(claim, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
    monotonicMs += leaseMs;
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
  });

  it('is put back when it is not empty', async () => {
    plantClaim(deadProcess());
    writeFileSync(join(claim, 'precious'), 'x');
    await expect(tryOnce(createRunner())).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(readdirSync(claim)).toEqual(['precious']);
    expect(readdirSync(directory).filter((name) => name.includes('.lock.lock.'))).toEqual([]);
  });

  it('leaves nothing of a holder that was killed while it gave back', async () => {
    plantClaim(deadProcess());
    renameSync(claim, `${claim}.${'ab'.repeat(16)}`);
    await expect(tryOnce(createRunner())).resolves.toBe('ran');
    expect(readdirSync(directory).filter((name) => name.includes('.lock.lock'))).toEqual([]);
  });
});

describe('who', () => {
  it.each([
    [
      'its record',
      () => plantClaim({ ...ownIdentity(), pidNamespace: '1', pid: 77 }),
      { pid: 77, purpose: 'copy', host: 'elsewhere' },
    ],
    [
      'nobody known, without one',
      () => plantClaim(),
      { pid: 0, purpose: 'proper-lockfile, unknown process' },
    ],
  ])('names the holder by %s', async (_what, plant, holder) => {
    plant();
    const report = await createRunner().who(scope);
    expect(report.holder).toMatchObject({ ...holder, sinceMs: expect.any(Number) });
  });

  it('names no dead process', async () => {
    plantClaim(deadProcess());
    expect(await createRunner().who(scope)).toEqual({ waiters: [] });
  });

  it('cleans a purpose of what would change a terminal', async () => {
    plantClaim(ownIdentity(), { purpose: 'a\u001b[2Jb' });
    expect((await createRunner().who(scope)).holder?.purpose).toBe('a?[2Jb');
  });

  it('names the one of this process that waits for somebody outside', async () => {
    plantClaim();
    const runner = createRunner({}, systemClock);
    const cancel = new AbortController();
    const waiter = runner
      .run(scope, { signal: cancel.signal, purpose: 'look' }, () => 'ran')
      .catch(() => 'ended');
    await turn();
    expect((await runner.who(scope)).waiters).toMatchObject([{ pid: process.pid, purpose: 'look' }]);
    cancel.abort();
    await expect(waiter).resolves.toBe('ended');
  });
});

describe('a hold whose claim was taken', () => {
  let held: Held;
  let successor: number;

  beforeEach(async () => {
    held = await createRunner({}, systemClock).acquire(scope);
    successor = takeOver();
  });

  afterEach(async () => {
    await held.release();
    expect(statSync(claim).ino).toBe(successor);
    expect(events).toEqual(['LOCK_LOST']);
  });

  it('publishes nothing', () => {
    const step = vi.fn();
    expect(() => held.publish(step)).toThrow(lost);
    expect(step).not.toHaveBeenCalled();
    expect(held.signal.reason).toEqual(lost);
  });

  it('is allotted no generation', async () => {
    await expect(held.fence()).rejects.toEqual(lost);
    expect(existsSync(path.replace('.lock', '.fence'))).toBe(false);
  });

  it('learns of it by its next renewal', async () => {
    const told = Promise.withResolvers<void>();
    held.signal.addEventListener('abort', () => told.resolve());
    await told.promise;
    expect(held.signal.reason).toEqual(lost);
  });

  it('learns of it at its release at the latest, and takes nothing from its successor', async () => {
    await held.release();
    expect(events).toEqual(['LOCK_LOST']);
  });
});

it('a hold whose claim was removed is lost as well', async () => {
  const held = await createRunner().acquire(scope);
  rmdirSync(claim);
  expect(() => held.publish(() => 'published')).toThrow(lost);
  await held.release();
  expect(events).toEqual(['LOCK_LOST']);
});

it('a hold whose lease has run out publishes nothing, though its claim is there', async () => {
  const held = await createRunner().acquire(scope);
  monotonicMs += leaseMs;
  const step = vi.fn();
  expect(() => held.publish(step)).toThrow(lost);
  expect(step).not.toHaveBeenCalled();
  expect(existsSync(claim)).toBe(true);
  await held.release();
  expect(existsSync(claim)).toBe(false);
});

it('a hold with an older generation publishes nothing, though its claim is there', async () => {
  const older = await createRunner().acquire(scope);
  const fence = await older.fence();
  writeFileSync(path.replace('.lock', '.fence'), `${fence + 1}\n`);
  expect(() => older.publish(() => 'published')).toThrow(lost);
  await older.release();
});

describe('odd things in the place of', () => {
  const mkfifo = (name: string) => spawnSync('mkfifo', [name], { env: { PATH: '/usr/bin:/bin' } });
  const link = (name: string) => symlinkSync('/dev/null', name);
  const dangling = (name: string) => symlinkSync('/nonexistent/x', name);
  const file = (name: string) => writeFileSync(name, 'x');

  it.each([
    ['a link', link],
    ['a dangling link', dangling],
    ['a FIFO', mkfifo],
    ['a file', file],
  ])('the claim are refused and left alone: %s', async (_what, plant) => {
    plant(claim);
    const before = readdirSync(directory);
    await expect(tryOnce(createRunner())).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(
      readdirSync(directory).filter((name) => name !== '.backend' && !name.endsWith('.publish')),
    ).toEqual(before);
  });

  it.each([
    ['a link', link],
    ['a dangling link', dangling],
    ['a FIFO', mkfifo],
    ['a directory', (name: string) => mkdirSync(name)],
  ])('the record are refused, and no claim is left: %s', async (_what, plant) => {
    plant(owner);
    await expect(tryOnce(createRunner())).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(readdirSync(directory).filter((name) => name.includes('.lock.lock'))).toEqual([]);
    expect(existsSync('/nonexistent/x')).toBe(false);
  });

  it.each([
    ['a link', link],
    ['a FIFO', mkfifo],
    ['a directory', (name: string) => mkdirSync(name)],
  ])('the guard are refused, and no claim is left: %s', async (_what, plant) => {
    plant(publishPath(path));
    await expect(tryOnce(createRunner())).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(existsSync(claim)).toBe(false);
  });
});

it('a directory that vanished is refused once and then made again', async () => {
  const runner = createRunner();
  await tryOnce(runner);
  rmSync(directory, { recursive: true });
  await expect(tryOnce(runner)).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
  await expect(tryOnce(runner)).resolves.toBe('ran');
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a lease of %s is refused', (bad) => {
  expect(() => lockfileBackend({ leaseMs: bad })).toThrow(
    expect.objectContaining({ code: 'DURATION_INVALID' }),
  );
});

describe('over a network', () => {
  const network = { reach: 'network' } as const;

  it('promises less, and touches no flock', async () => {
    const runner = createRunner(network);
    expect(runner.guarantee).toEqual({
      scope: 'network',
      crashRelease: 'lease',
      canBeLost: true,
      fenced: false,
      fair: false,
    });
    const fences = [];
    for (let holder = 0; holder < 2; holder += 1) {
      fences.push(
        await runner.run(scope, {}, async (held) => {
          const fence = await held.fence();
          expect(held.publish(() => 'published')).toBe('published');
          return fence;
        }),
      );
    }
    expect(fences).toEqual([1, 2]);
    expect(readdirSync(directory).sort()).toEqual([
      '.backend',
      lockFileName(scope).replace('.lock', '.fence'),
    ]);
  });

  it('breaks a claim after a lease, and leaves nothing of the breaking', async () => {
    plantClaim();
    const runner = createRunner(network);
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    monotonicMs += leaseMs;
    await expect(tryOnce(runner)).resolves.toBe('ran');
    expect(readdirSync(directory)).toEqual(['.backend']);
  });

  it('lets nobody break while somebody else does, until that one has been still for a lease', async () => {
    plantClaim();
    mkdirSync(`${claim}.break`);
    const runner = createRunner(network);
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    monotonicMs += leaseMs;
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    expect(existsSync(claim)).toBe(true);
    monotonicMs += leaseMs - 1;
    await expect(tryOnce(runner)).rejects.toMatchObject(busy);
    monotonicMs += 1;
    await expect(tryOnce(runner)).rejects.toMatchObject(busy); // takes the breaking over
    await expect(tryOnce(runner)).resolves.toBe('ran');
    expect(readdirSync(directory)).toEqual(['.backend']);
  });

  it('refuses a publish of a hold whose claim was taken', async () => {
    const held = await createRunner(network).acquire(scope);
    const successor = takeOver();
    expect(() => held.publish(() => 'published')).toThrow(lost);
    await held.release();
    expect(statSync(claim).ino).toBe(successor);
  });
});
