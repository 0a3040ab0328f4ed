/** A claim of our own, from its making to its end, whatever stands in the way. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@holdfast/base';
import { ownIdentity } from '@holdfast/base/process-identity';
import { describe, expect, it } from 'vitest';
import { publishPath } from '../directory/fence-file.ts';
import { closeLockFile } from '../flock/lock-file.ts';
import { lockFileName } from '../lock-name.ts';
import { LockfileGround, scope } from '../testing/lockfile-ground.ts';
import { turn } from '../testing/until.ts';

const busy = { code: 'LOCK_BUSY' };
const ground = new LockfileGround();

describe('a claim', () => {
  it('is an empty private directory with a private record beside it, and both are gone after the hold', async () => {
    await ground.createRunner().run(scope, { purpose: 'copy' }, () => {
      expect(readdirSync(ground.claim)).toEqual([]);
      expect(statSync(ground.claim).mode & 0o777).toBe(0o700);
      expect(statSync(ground.owner).mode & 0o777).toBe(0o600);
      const { ino, birthtimeNs } = statSync(ground.claim, { bigint: true });
      expect(JSON.parse(readFileSync(ground.owner, 'utf8'))).toMatchObject({
        token: expect.stringMatching(/^[0-9a-f]{32}$/),
        process: { ...ownIdentity() },
        purpose: 'copy',
        claim: { ino: String(ino), birthtimeNs: String(birthtimeNs) },
      });
    });
    expect(readdirSync(ground.directory).sort()).toEqual(['.backend', publishPath(lockFileName(scope))]);
  });

  it('is renewed once a second while it is held, and not after', async () => {
    const held = await ground.createRunner().acquire(scope);
    const seen = new Set<bigint>();
    for (const startMs = Date.now(); seen.size < 3 && Date.now() - startMs < 20_000; await turn()) {
      seen.add(statSync(ground.claim, { bigint: true }).mtimeNs);
    }
    expect(seen.size).toBe(3);
    await held.release();
    expect(existsSync(ground.claim)).toBe(false);
  });

  it('is not lost by work that lets no timer fire for longer than a lease', async () => {
    const held = await ground.createRunner({ leaseMs: 150 }).acquire(scope);
    const untilMs = performance.now() + 400;
    while (performance.now() < untilMs);
    expect(held.publish(() => 'published')).toBe('published');
    expect(held.signal.aborted).toBe(false);
    await held.release();
  });

  it('keeps a claim of the same process and path by proper-lockfile itself untouched', async () => {
    const { lock, check } = await import('proper-lockfile');
    const held = await ground.createRunner().acquire(scope);
    await expect(lock(ground.path, { realpath: false })).rejects.toMatchObject({ code: 'ELOCKED' });
    await held.release();
    const release = await lock(ground.path, { realpath: false });
    await held.release();
    expect(await check(ground.path, { realpath: false })).toBe(true);
    await expect(ground.tryOnce()).rejects.toMatchObject(busy);
    await release();
  });

  it('is sought again after a renewal, release or publish of somebody else that keeps its guard', async () => {
    const guard = ground.takeGuard();
    const runner = ground.createRunner({}, systemClock);
    await expect(ground.tryOnce(runner)).rejects.toMatchObject(busy);
    const waiter = runner.run(scope, {}, () => 'ran');
    await turn();
    closeLockFile(guard);
    await expect(waiter).resolves.toBe('ran');
  });

  it('is given back, late, when the guard is taken meanwhile', async () => {
    const held = await ground.createRunner({}, systemClock).acquire(scope);
    const guard = ground.takeGuard();
    const released = held.release();
    await turn();
    expect(existsSync(ground.claim)).toBe(true);
    closeLockFile(guard);
    await released;
    expect(existsSync(ground.claim)).toBe(false);
  });

  it('is given back even when the guard has become something else', async () => {
    const held = await ground.createRunner({}, ground.hastyClock).acquire(scope);
    rmSync(publishPath(ground.path));
    mkdirSync(publishPath(ground.path));
    await held.release();
    expect([ground.claim, ground.owner].map((name) => existsSync(name))).toEqual([false, false]);
  });

  it('that somebody has put something into is lost, and left as it is', async () => {
    const held = await ground.createRunner({}, ground.hastyClock).acquire(scope);
    writeFileSync(join(ground.claim, 'precious'), 'x');
    await held.release();
    expect(ground.losses).toEqual(['LOCK_LOST']);
    expect(readdirSync(ground.claim)).toEqual(['precious']);
  });

  it('is given back even when a stopped process never frees the guard', async () => {
    const held = await ground.createRunner({}, ground.hastyClock).acquire(scope);
    const guard = ground.takeGuard();
    await held.release();
    expect([ground.claim, ground.owner].map((name) => existsSync(name))).toEqual([false, false]);
    closeLockFile(guard);
  });
});
