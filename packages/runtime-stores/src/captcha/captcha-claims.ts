/**
 * The replay guard: which CAPTCHAs were used, or are being asked about. A claim is found by the hash of its token alone;
 * the scope is written in it, not a part of its name, so that what was solved for one scope passes in no other.
 *
 * Claims are forgotten by their expiry and by nothing else: whoever sends many cannot push one out.
 */
import type { SweepOptions } from '../documents/keyed-documents.ts';

/** `checking`: a provider is being asked about it. `ok`: used. */
export type ClaimState = 'checking' | 'ok';

export interface CaptchaClaim {
  /** SHA-256 in 64 hexadecimal digits; tokens are not kept. */
  readonly hash: string;
  /** What it was solved for: `login:web`. */
  readonly scope: string;
  /** The one attempt that it lets through. */
  readonly attemptId: string;
  readonly state: ClaimState;
}

export type Claimed =
  | { readonly kind: 'claimed' }
  /** By somebody, this attempt perhaps. */
  | { readonly kind: 'taken'; readonly by: CaptchaClaim };

export interface CaptchaClaims {
  /**
   * Stores the claim unless there is one for its hash, whatever that says.
   *
   * @param keepMs - how long it is kept, in milliseconds from now
   */
  claim(claim: CaptchaClaim, keepMs: number): Promise<Claimed>;
  /**
   * Turns a claim of this attempt and scope from `checking` to `ok`.
   *
   * @returns whether it is `ok` now and this attempt's
   */
  confirm(claim: Omit<CaptchaClaim, 'state'>, keepMs: number): Promise<boolean>;
  /** Removes the claim if it is still `checking` and of this attempt. */
  withdraw(claim: Pick<CaptchaClaim, 'hash' | 'attemptId'>): Promise<void>;
  /** Forgets the claims whose time is over. */
  sweep(options?: SweepOptions): Promise<{ readonly removed: number }>;
}

/** Whether `claim` is what `wanted` asks for, already used by the very same attempt. */
export function isOwnRepeat(claim: CaptchaClaim, wanted: Omit<CaptchaClaim, 'state'>): boolean {
  return claim.state === 'ok' && isOwn(claim, wanted);
}

export function isOwn(claim: CaptchaClaim, wanted: Omit<CaptchaClaim, 'state'>): boolean {
  return claim.attemptId === wanted.attemptId && claim.scope === wanted.scope;
}
