/**
 * Claims in the table `captcha_claims`, whose primary key is the hash alone. `sqlCaptchaClaims` works in the transaction of
 * the caller: a login attempt, its limits and its CAPTCHA are used together or not at all. `TruthCaptchaClaims` makes a
 * transaction of each call, as asking a service needs it: the claim has to be seen by others meanwhile.
 *
 * Whether a claim is ours is read back, or told by the primary key that refuses the second row; never by a count of rows.
 */
import { type Clock, isHoldfastError, systemClock } from '@holdfast/base';
import { engineSql, type Truth, type TruthTables, type TruthTransaction } from '@holdfast/truth-db';
import { type Selectable, sql } from 'kysely';
import type { SweepOptions } from '../documents/keyed-documents.ts';
import { sweepInSteps, sweptAtOnce } from '../sql/sweep-in-steps.ts';
import { type CaptchaClaim, type CaptchaClaims, type Claimed, isOwn, isOwnRepeat } from './captcha-claims.ts';

export interface SqlCaptchaClaimsOptions {
  readonly clock?: Clock;
}

export function sqlCaptchaClaims(
  trx: TruthTransaction,
  { clock = systemClock }: SqlCaptchaClaimsOptions = {},
): CaptchaClaims {
  return {
    claim: async (claim, keepMs) => {
      const found = await lockClaim(trx, claim.hash);
      if (found !== undefined) return { kind: 'taken', by: found };
      return await insertClaim(trx, claim, clock.wallMs() + keepMs);
    },
    confirm: async (wanted, keepMs) => {
      const found = await lockClaim(trx, wanted.hash);
      if (found === undefined || !isOwn(found, wanted)) return false;
      if (isOwnRepeat(found, wanted)) return true;
      await trx
        .updateTable('captcha_claims')
        .set({ state: 'ok', expires_at: clock.wallMs() + keepMs })
        .where('token_hash', '=', wanted.hash)
        .execute();
      return true;
    },
    withdraw: async ({ hash, attemptId }) => {
      await trx
        .deleteFrom('captcha_claims')
        .where('token_hash', '=', hash)
        .where('attempt_id', '=', attemptId)
        .where('state', '=', 'checking')
        .execute();
    },
    sweep: async () => ({ removed: await deleteExpired(trx, clock.wallMs()) }),
  };
}

export class TruthCaptchaClaims implements CaptchaClaims {
  readonly #truth: Truth;
  readonly #options: SqlCaptchaClaimsOptions;

  constructor(truth: Truth, options: SqlCaptchaClaimsOptions = {}) {
    this.#truth = truth;
    this.#options = options;
  }

  async claim(claim: CaptchaClaim, keepMs: number): Promise<Claimed> {
    return await this.#inTransaction((claims) => claims.claim(claim, keepMs));
  }

  async confirm(wanted: Omit<CaptchaClaim, 'state'>, keepMs: number): Promise<boolean> {
    return await this.#inTransaction((claims) => claims.confirm(wanted, keepMs));
  }

  async withdraw(wanted: Pick<CaptchaClaim, 'hash' | 'attemptId'>): Promise<void> {
    await this.#inTransaction((claims) => claims.withdraw(wanted));
  }

  /** Oldest first, in transactions of a bounded size. */
  async sweep(options?: SweepOptions): Promise<{ readonly removed: number }> {
    const step = async () => (await this.#inTransaction((claims) => claims.sweep())).removed;
    return await sweepInSteps(step, options);
  }

  async #inTransaction<Result>(work: (claims: CaptchaClaims) => Promise<Result>): Promise<Result> {
    return await this.#truth.transaction((trx) => work(sqlCaptchaClaims(trx, this.#options)));
  }
}

async function lockClaim(trx: TruthTransaction, hash: string): Promise<CaptchaClaim | undefined> {
  const { rows } = await sql<Selectable<TruthTables['captcha_claims']>>`
    select * from captcha_claims where token_hash = ${hash} ${engineSql(trx).forUpdate}`.execute(trx);
  const [row] = rows;
  if (row === undefined) return undefined;
  return { hash, scope: row.scope, attemptId: row.attempt_id, state: row.state };
}

/** A row that is missing cannot be locked: of two who insert it the second is refused, and reads what the first has. */
async function insertClaim(
  trx: TruthTransaction,
  claim: CaptchaClaim,
  expiresAtMs: number,
): Promise<Claimed> {
  const { hash, scope, attemptId, state } = claim;
  try {
    await trx
      .insertInto('captcha_claims')
      .values({ token_hash: hash, scope, attempt_id: attemptId, state, expires_at: expiresAtMs })
      .execute();
    return { kind: 'claimed' };
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const by = await lockClaim(trx, hash);
    if (by === undefined) throw error;
    return { kind: 'taken', by };
  }
}

function isDuplicate(error: unknown): boolean {
  if (!isHoldfastError(error, 'TRUTH_INVALID')) return false;
  return error.details.constraint === 'primary-key' || error.details.constraint === 'unique';
}

async function deleteExpired(trx: TruthTransaction, nowMs: number): Promise<number> {
  const { rows } = await sql<{ token_hash: string }>`
    select token_hash from captcha_claims where expires_at < ${nowMs}
    order by expires_at limit ${sweptAtOnce} ${engineSql(trx).forUpdate}`.execute(trx);
  const hashes = rows.map((row) => row.token_hash);
  if (hashes.length > 0) await trx.deleteFrom('captcha_claims').where('token_hash', 'in', hashes).execute();
  return hashes.length;
}
