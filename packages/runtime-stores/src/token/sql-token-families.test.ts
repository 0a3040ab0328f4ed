/** Families in the truth: the contract on SQLite, and the transaction of the caller. */
import { type Clock, systemClock } from '@holdfast/base';
import { migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqlTokenFamilies } from './sql-token-families.ts';
import { describeTokenFamilies } from './token-contract.ts';
import { TokenRotation } from './token-rotation.ts';
import { TruthTokenFamilies } from './truth-token-families.ts';

describeTokenFamilies('SQLite', async () => {
  const truth = openTruth('sqlite::memory:');
  await migrate(truth);
  return {
    open: (profile) => new TruthTokenFamilies(truth, { profile }),
    [Symbol.asyncDispose]: () => truth.close(),
  };
});

describe('families in the truth', () => {
  let truth: Truth;
  let nowMs = Date.UTC(2026, 0, 10);
  const clock: Clock = { ...systemClock, wallMs: () => nowMs };

  beforeEach(async () => {
    truth = openTruth('sqlite::memory:');
    await migrate(truth);
  });
  afterEach(() => truth.close());

  const open = () => new TruthTokenFamilies(truth, { profile: 'web', clock });

  it('are not there when the login they belong to is taken back', async () => {
    const login = truth.transaction(async (trx) => {
      await new TokenRotation({ families: sqlTokenFamilies(trx, { profile: 'web' }) }).issue({ userId: 'a' });
      throw new Error('the attempt was refused');
    });
    await expect(login).rejects.toThrow('the attempt was refused');
    expect(await truth.db.selectFrom('token_families').selectAll().execute()).toEqual([]);
  });

  it('stay alive when the new password that would have revoked them is taken back', async () => {
    const rotation = new TokenRotation({ families: open() });
    const { token } = await rotation.issue({ userId: 'ana' });
    const change = truth.transaction(async (trx) => {
      const inside = new TokenRotation({ families: sqlTokenFamilies(trx, { profile: 'web' }) });
      expect(await inside.revokeUser('ana', 'password_change')).toBe(1);
      throw new Error('no');
    });
    await expect(change).rejects.toThrow('no');
    expect(await rotation.refresh(token)).toMatchObject({ kind: 'rotated' });
  });

  it('keep a device that is none apart from one', async () => {
    const rotation = new TokenRotation({ families: open() });
    const none = await rotation.issue({ userId: 'ana' });
    const phone = await rotation.issue({ userId: 'ana', deviceId: 'phone' });
    expect(await open().read(none.session.familyId)).toMatchObject({ deviceId: null });
    expect(await open().read(phone.session.familyId)).toMatchObject({ deviceId: 'phone' });
  });

  it('that are over are swept, of their own profile only', async () => {
    const rotation = new TokenRotation({ families: open() });
    const elsewhere = new TokenRotation({
      families: new TruthTokenFamilies(truth, { profile: 'admin', clock }),
    });
    await rotation.issue({ userId: 'ana' });
    await elsewhere.issue({ userId: 'ana' });
    nowMs += 31 * 24 * 3_600_000;
    const { session } = await rotation.issue({ userId: 'ana' });
    expect(await rotation.sweep()).toMatchObject({ removed: 1 });
    expect(await open().read(session.familyId)).toBeDefined();
    expect(await elsewhere.sweep()).toMatchObject({ removed: 1 });
  });
});
