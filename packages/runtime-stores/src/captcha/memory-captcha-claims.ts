/** Claims in the memory of one process, for tests: nothing is shared with another one, nothing outlives it. */
import { type Clock, systemClock } from '@holdfast/base';
import { type CaptchaClaim, type CaptchaClaims, type Claimed, isOwn } from './captcha-claims.ts';

export class MemoryCaptchaClaims implements CaptchaClaims {
  readonly #claims = new Map<string, { readonly claim: CaptchaClaim; readonly expiresAtMs: number }>();
  readonly #clock: Clock;

  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#clock = clock;
  }

  async claim(claim: CaptchaClaim, keepMs: number): Promise<Claimed> {
    const found = this.#claims.get(claim.hash);
    if (found !== undefined) return { kind: 'taken', by: found.claim };
    this.#put(claim, keepMs);
    return { kind: 'claimed' };
  }

  async confirm(wanted: Omit<CaptchaClaim, 'state'>, keepMs: number): Promise<boolean> {
    const claim = this.#claims.get(wanted.hash)?.claim;
    if (claim === undefined || !isOwn(claim, wanted)) return false;
    if (claim.state === 'checking') this.#put({ ...claim, state: 'ok' }, keepMs);
    return true;
  }

  async withdraw({ hash, attemptId }: Pick<CaptchaClaim, 'hash' | 'attemptId'>): Promise<void> {
    const claim = this.#claims.get(hash)?.claim;
    if (claim?.state === 'checking' && claim.attemptId === attemptId) this.#claims.delete(hash);
  }

  async sweep(): Promise<{ readonly removed: number }> {
    const nowMs = this.#clock.wallMs();
    const expired = [...this.#claims.values()].filter(({ expiresAtMs }) => expiresAtMs < nowMs);
    for (const { claim } of expired) this.#claims.delete(claim.hash);
    return { removed: expired.length };
  }

  #put(claim: CaptchaClaim, keepMs: number): void {
    this.#claims.set(claim.hash, { claim, expiresAtMs: this.#clock.wallMs() + keepMs });
  }
}
