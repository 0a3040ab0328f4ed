/** Families in files: the contract, what lies on disk, and what damage does. */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { encodeDocument } from '@holdfast/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../../../../tests/support/temporary-directory.ts';
import { FileTokenFamilies, type FileTokenFamiliesOptions } from './file-token-families.ts';
import { describeTokenFamilies } from './token-contract.ts';
import { TokenRotation } from './token-rotation.ts';

describeTokenFamilies('files', async () => {
  const directory = await temporaryDirectory();
  return {
    open: (profile) => familiesIn(directory.path, profile),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
});

describe('families in files', () => {
  let directory: TemporaryDirectory;
  let nowMs: number;
  const clock: Clock = { ...systemClock, wallMs: () => nowMs };

  beforeEach(async () => {
    directory = await temporaryDirectory();
    nowMs = Date.UTC(2026, 0, 10);
  });
  afterEach(() => directory[Symbol.asyncDispose]());

  const open = () => familiesIn(directory.path, 'web', { clock });
  const rotationOf = (families = open()) => new TokenRotation({ families });

  it('are seen by this user alone, and no token is among them', async () => {
    const { token, session } = await rotationOf().issue({ userId: 'ana', deviceId: 'phone' });
    const path = open().families.pathOf(session.familyId);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory.path, 'token/web')).mode & 0o777).toBe(0o700);
    expect(readFileSync(path, 'utf8')).not.toContain(token.split('.')[3]);
  });

  it('are changed under the lock of their profile', async () => {
    const { token } = await rotationOf().issue({ userId: 'ana' });
    const impatient = rotationOf(familiesIn(directory.path, 'web', { clock, waitMs: 0 }));
    const held = await new LockRunner({ directory: join(directory.path, 'locks') }).acquire('token:web');
    await expect(impatient.refresh(token)).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    await expect(impatient.revokeUser('ana', 'admin')).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    await expect(impatient.issue({ userId: 'ana' })).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    await held.release();
    expect(await impatient.refresh(token)).toMatchObject({ kind: 'rotated' });
  });

  it('are locked for no forged token', async () => {
    const { token } = await rotationOf().issue({ userId: 'ana' });
    const impatient = rotationOf(familiesIn(directory.path, 'web', { clock, waitMs: 0 }));
    await using _held = await new LockRunner({ directory: join(directory.path, 'locks') }).acquire(
      'token:web',
    );
    expect(await impatient.refresh(token.replace('.1.', '.2.'))).toMatchObject({ reason: 'forged' });
    expect(await impatient.logout(token.replace('.1.', '.2.'))).toEqual({ kind: 'unknown' });
  });

  it('that are over are swept, and their users’ lists with them', async () => {
    const ended = await rotationOf().issue({ userId: 'ana' });
    nowMs += 20 * 24 * 3_600_000;
    const kept = await rotationOf().issue({ userId: 'ben' });
    nowMs += 11 * 24 * 3_600_000;
    expect(await rotationOf().sweep()).toMatchObject({ removed: 1, kept: 1, damaged: 0 });
    expect(await open().read(ended.session.familyId)).toBeUndefined();
    expect(await open().read(kept.session.familyId)).toBeDefined();
    expect(open().users.read('ana')).toBeUndefined();
    expect(await rotationOf().refresh(ended.token)).toMatchObject({ reason: 'unknown' });
  });

  it('of a user who logs in for ever do not make the list of them grow for ever', async () => {
    const rotation = rotationOf(familiesIn(directory.path, 'web', { clock, durability: 'none' }));
    for (let login = 0; login < 36; login += 1) {
      const { token } = await rotation.issue({ userId: 'ana' });
      await rotation.logout(token);
    }
    expect(Object.keys(open().users.read('ana') ?? {}).length).toBeLessThanOrEqual(33);
  });

  describe('in a damaged document', () => {
    const damages = {
      empty: (path: string) => truncateSync(path, 0),
      truncated: (path: string) => truncateSync(path, statSync(path).size - 3),
      corrupt: (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('ana', 'eve')),
      foreign: (path: string) => writeFileSync(path, encodeDocument('{"families":"many"}', 7)),
    };

    it.each(Object.entries(damages))(
      'that is %s answer nothing, and revoke nothing',
      async (_name, damage) => {
        const { token, session } = await rotationOf().issue({ userId: 'ana' });
        damage(open().families.pathOf(session.familyId));
        await expect(rotationOf().refresh(token)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
        await expect(rotationOf().logout(token)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
        await expect(open().read(session.familyId)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
      },
    );

    it('keep no other family of their user from being revoked', async () => {
      const logins = [];
      for (let login = 0; login < 3; login += 1) logins.push(await rotationOf().issue({ userId: 'ana' }));
      const [damaged, ...others] = logins;
      truncateSync(open().families.pathOf(damaged?.session.familyId ?? ''), 0);
      await expect(rotationOf().revokeUser('ana', 'password_change')).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
      });
      for (const { token } of others)
        expect(await rotationOf().refresh(token)).toMatchObject({ revokedReason: 'password_change' });
    });

    it('whose last good generation is served refuse the newest token with an alarm, and keep the evidence', async () => {
      const { token, session } = await rotationOf().issue({ userId: 'ana' });
      const outcome = await rotationOf().refresh(token);
      const newest = outcome.kind === 'rotated' ? outcome.token : '';
      const path = open().families.pathOf(session.familyId);
      truncateSync(path, 100);
      expect(await rotationOf().refresh(newest)).toMatchObject({ reason: 'ahead' });
      expect(await rotationOf().refresh(token)).toMatchObject({ kind: 'rotated', token: newest });
      expect(readdirSync(join(path, '..')).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
    });
  });
});

function familiesIn(
  directory: string,
  profile: string,
  options: Partial<FileTokenFamiliesOptions> = {},
): FileTokenFamilies {
  const runner = new LockRunner({ directory: join(directory, 'locks') });
  return new FileTokenFamilies({ directory: join(directory, 'token'), profile, runner, ...options });
}
