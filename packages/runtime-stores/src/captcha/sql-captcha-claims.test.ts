/** Claims in the truth: the contract on SQLite, and the transaction of the caller. */
import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '@holdfast/base';
import { migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { altchaCaptcha } from './altcha-captcha.ts';
import { describeCaptchaClaims } from './captcha-contract.ts';
import type { SolvedCaptcha } from './captcha-verifier.ts';
import { CaptchaVerifier } from './captcha-verifier.ts';
import { sqlCaptchaClaims, TruthCaptchaClaims } from './sql-captcha-claims.ts';

describeCaptchaClaims('SQLite', async () => {
  const truth = openTruth('sqlite::memory:');
  await migrate(truth);
  return { open: () => new TruthCaptchaClaims(truth), [Symbol.asyncDispose]: () => truth.close() };
});

describe('claims in the truth', () => {
  let truth: Truth;

  beforeEach(async () => {
    truth = openTruth('sqlite::memory:');
    await migrate(truth);
  });
  afterEach(() => truth.close());

  const solved = (): SolvedCaptcha => ({
    kind: 'solved',
    hash: 'ab'.repeat(32),
    scope: 'login:web',
    attemptId: randomUUID(),
    keepMs: 60_000,
    isClaimed: false,
    isRepeat: false,
  });
  const provider = altchaCaptcha({ secret: 'a secret of sixteen' });

  it('are used in the transaction of the attempt, or not at all', async () => {
    const verifier = new CaptchaVerifier({ provider, claims: new TruthCaptchaClaims(truth) });
    const attempt = truth.transaction(async (trx) => {
      expect(await verifier.use(solved(), sqlCaptchaClaims(trx))).toEqual({ kind: 'ok', isRepeat: false });
      throw new Error('the attempt was not written');
    });
    await expect(attempt).rejects.toThrow('the attempt was not written');
    expect(await truth.db.selectFrom('captcha_claims').selectAll().execute()).toEqual([]);
    const again = truth.transaction((trx) => verifier.use(solved(), sqlCaptchaClaims(trx)));
    expect(await again).toEqual({ kind: 'ok', isRepeat: false });
    expect(await verifier.use(solved())).toEqual({ kind: 'replayed' });
  });

  it('are swept by their expiry, however many', async () => {
    let nowMs = Date.UTC(2026, 0, 10);
    const clock: Clock = { ...systemClock, wallMs: () => nowMs };
    const row = { scope: 'a', attempt_id: 'b', state: 'ok', expires_at: nowMs } as const;
    const hashes = Array.from({ length: 1_500 }, (_, index) => index.toString(16).padStart(64, '0'));
    for (const some of [hashes.slice(0, 750), hashes.slice(750)]) {
      const rows = some.map((token_hash) => ({ ...row, token_hash }));
      await truth.db.insertInto('captcha_claims').values(rows).execute();
    }
    const claims = new TruthCaptchaClaims(truth, { clock });
    expect(await claims.sweep()).toEqual({ removed: 0 });
    nowMs += 1;
    expect(await claims.sweep()).toEqual({ removed: 1_500 });
  });
});
