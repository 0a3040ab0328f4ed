/**
 * Claims in files: the default store. `DIRECTORY/3f/a2.json`, under the lock `captcha:3fa` of the key: reading, deciding and
 * publishing are one step for every process of this host.
 *
 * Durability 'full': a CAPTCHA that was used stays used across a power cut. A document that is served from its last good
 * generation has lost its newest claim, which passes once more; one that is damaged beyond that lets nobody through who
 * falls into it, until a steward has decided.
 */
import type { Clock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import * as z from 'zod/mini';
import { KeyedDocuments, type SweepOptions, type SweepReport } from '../documents/keyed-documents.ts';
import { type CaptchaClaim, type CaptchaClaims, type Claimed, isOwn, isOwnRepeat } from './captcha-claims.ts';

export interface FileCaptchaClaimsOptions {
  /** `STATE_DIR/stores/captcha`. */
  readonly directory: string;
  readonly runner: LockRunner;
  /** Default 'full'; anything less lets a used CAPTCHA pass again after a power cut. */
  readonly durability?: 'none' | 'file' | 'full';
  /** How long to wait for the lock of a key, in milliseconds. Default 2000. */
  readonly waitMs?: number;
  readonly clock?: Clock;
}

export interface StoredClaim extends Omit<CaptchaClaim, 'hash'> {
  /** Wall clock, in milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
}

export const storedClaimSchema: z.ZodMiniType<StoredClaim> = z.strictObject({
  scope: z.string(),
  attemptId: z.string(),
  state: z.enum(['checking', 'ok']),
  expiresAtMs: z.int(),
});

/** What the locks of the documents begin with. */
export const captchaScope = 'captcha';

export class FileCaptchaClaims implements CaptchaClaims {
  /** By the hashes of tokens; for stewards. */
  readonly documents: KeyedDocuments<StoredClaim>;

  constructor(options: FileCaptchaClaimsOptions) {
    this.documents = new KeyedDocuments({ ...options, scope: captchaScope, entry: storedClaimSchema });
  }

  async claim({ hash, ...claim }: CaptchaClaim, keepMs: number): Promise<Claimed> {
    return await this.documents.change<Claimed>(hash, (found, nowMs) => {
      if (found !== undefined)
        return { result: { kind: 'taken', by: claimOf(hash, found) }, unchanged: true };
      return { result: { kind: 'claimed' }, entry: { ...claim, expiresAtMs: nowMs + keepMs } };
    });
  }

  async confirm(wanted: Omit<CaptchaClaim, 'state'>, keepMs: number): Promise<boolean> {
    return await this.documents.change(wanted.hash, (found, nowMs) => {
      const claim = found && claimOf(wanted.hash, found);
      if (claim === undefined || !isOwn(claim, wanted)) return { result: false, unchanged: true };
      if (isOwnRepeat(claim, wanted)) return { result: true, unchanged: true };
      const { scope, attemptId } = wanted;
      return { result: true, entry: { scope, attemptId, state: 'ok', expiresAtMs: nowMs + keepMs } };
    });
  }

  async withdraw({ hash, attemptId }: Pick<CaptchaClaim, 'hash' | 'attemptId'>): Promise<void> {
    await this.documents.change(hash, (found) => {
      const isOurs = found?.state === 'checking' && found.attemptId === attemptId;
      return isOurs ? { result: undefined, entry: undefined } : { result: undefined, unchanged: true };
    });
  }

  async sweep(options?: SweepOptions): Promise<SweepReport> {
    return await this.documents.sweep((claim, nowMs) => claim.expiresAtMs < nowMs, options);
  }
}

function claimOf(hash: string, { expiresAtMs: _, ...claim }: StoredClaim): CaptchaClaim {
  return { hash, ...claim };
}
