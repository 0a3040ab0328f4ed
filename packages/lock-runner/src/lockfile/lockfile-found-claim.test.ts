/** A claim of somebody else: judged by its record and by watching it, and named by what is known of it. */
import { readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@holdfast/base';
import { ownIdentity } from '@holdfast/base/process-identity';
import { describe, expect, it } from 'vitest';
import { lockFileName } from '../lock-name.ts';
import { deadProcess, LockfileGround, leaseMs, scope } from '../testing/lockfile-ground.ts';
import { turn } from '../testing/until.ts';

const busy = { code: 'LOCK_BUSY' };
const ground = new LockfileGround();

describe('a claim that is found', () => {
  it('is broken at once when its maker is provably dead', async () => {
    ground.plantClaim(deadProcess());
    await expect(ground.tryOnce()).resolves.toBe('ran');
    expect(readdirSync(ground.directory)).not.toContain(`${lockFileName(scope)}.lock`);
  });

  it('is left alone for ever while its maker lives, however old it is', async () => {
    ground.plantClaim(ownIdentity());
    utimesSync(ground.claim, 0, 0);
    const runner = ground.createRunner();
    for (let tries = 0; tries < 5; tries += 1) {
      await expect(ground.tryOnce(runner)).rejects.toMatchObject({
        ...busy,
        details: { holder: { pid: process.pid } },
      });
      ground.monotonicMs += leaseMs;
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
    ground.plantClaim(identity && { ...deadProcess(), ...identity }, changes);
    if ('birth' in changes) {
      const { ino } = statSync(ground.claim, { bigint: true });
      const record = JSON.parse(readFileSync(ground.owner, 'utf8'));
      writeFileSync(
        ground.owner,
        JSON.stringify({ ...record, claim: { ino: String(ino), birthtimeNs: '1' } }),
      );
    }
    const runner = ground.createRunner();
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    ground.monotonicMs += leaseMs - 1;
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    ground.monotonicMs += 1;
    await expect(ground.tryOnce(runner)).resolves.toBe('ran');
  });

  it.each([
    ['renewed', () => utimesSync(ground.claim, Date.now() / 1_000, 1)],
    ['set back', () => utimesSync(ground.claim, 0, 0)],
    ['replaced', () => ground.takeOver()],
  ])('is watched from the beginning when it is %s meanwhile', async (_what, change) => {
    ground.plantClaim();
    const runner = ground.createRunner();
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    ground.monotonicMs += leaseMs - 1;
    change();
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    ground.monotonicMs += leaseMs - 1;
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    ground.monotonicMs += 1;
    await expect(ground.tryOnce(runner)).resolves.toBe('ran');
  });

  it.each([0, 4_000_000_000])('is not judged by the age of its mtime: %d', async (mtime) => {
    ground.plantClaim();
    utimesSync(ground.claim, mtime, mtime);
    await expect(ground.tryOnce()).rejects.toMatchObject(busy);
    await expect(ground.tryOnce()).rejects.toMatchObject(busy);
  });

  it('is watched from the beginning when the lock was free in between', async () => {
    ground.plantClaim();
    const runner = ground.createRunner();
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    const before = statSync(ground.claim, { bigint: true });
    renameSync(ground.claim, `${ground.claim}.away`);
    await ground.tryOnce(runner);
    renameSync(`${ground.claim}.away`, ground.claim);
    expect(statSync(ground.claim, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
    ground.monotonicMs += leaseMs;
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
  });

  it('is put back when it is not empty', async () => {
    ground.plantClaim(deadProcess());
    writeFileSync(join(ground.claim, 'precious'), 'x');
    await expect(ground.tryOnce()).rejects.toMatchObject({ code: 'LOCK_DIRECTORY' });
    expect(readdirSync(ground.claim)).toEqual(['precious']);
    expect(readdirSync(ground.directory).filter((name) => name.includes('.lock.lock.'))).toEqual([]);
  });

  it('leaves nothing of a holder that was killed while it gave back', async () => {
    ground.plantClaim(deadProcess());
    renameSync(ground.claim, `${ground.claim}.${'ab'.repeat(16)}`);
    await expect(ground.tryOnce()).resolves.toBe('ran');
    expect(readdirSync(ground.directory).filter((name) => name.includes('.lock.lock'))).toEqual([]);
  });
});

describe('who', () => {
  it.each([
    [
      'its record',
      () => ground.plantClaim({ ...ownIdentity(), pidNamespace: '1', pid: 77 }),
      { pid: 77, purpose: 'copy', host: 'elsewhere' },
    ],
    [
      'nobody known, without one',
      () => ground.plantClaim(),
      { pid: 0, purpose: 'proper-lockfile, unknown process' },
    ],
  ])('names the holder by %s', async (_what, plant, holder) => {
    plant();
    const report = await ground.createRunner().who(scope);
    expect(report.holder).toMatchObject({ ...holder, sinceMs: expect.any(Number) });
  });

  it('names no dead process', async () => {
    ground.plantClaim(deadProcess());
    expect(await ground.createRunner().who(scope)).toEqual({ waiters: [] });
  });

  it('cleans a purpose of what would change a terminal', async () => {
    ground.plantClaim(ownIdentity(), { purpose: 'a\u001b[2Jb' });
    expect((await ground.createRunner().who(scope)).holder?.purpose).toBe('a?[2Jb');
  });

  it('names the one of this process that waits for somebody outside', async () => {
    ground.plantClaim();
    const runner = ground.createRunner({}, systemClock);
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
