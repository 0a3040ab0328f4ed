/**
 * Accounts by principal, remembered for a few seconds: every request asks whose it is. Only active ones are told. A
 * suspension that this process has made counts at once (`forget`), one of another process after `freshMs`.
 */
import { type Clock, systemClock } from '@holdfast/base';
import type { Truth } from '@holdfast/truth-db';
import { type Account, readAccount } from './accounts.ts';

export interface KnownAccountsOptions {
  readonly truth: Truth;
  /** In milliseconds. Default 5000. */
  readonly freshMs?: number | undefined;
  /** Default 10 000. */
  readonly capacity?: number | undefined;
  readonly clock?: Clock | undefined;
}

interface Known {
  readonly account: Account | undefined;
  readonly atMs: number;
}

export class KnownAccounts {
  readonly #truth: Truth;
  readonly #freshMs: number;
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** Counts what was forgotten: a read that was under way then may be of before. */
  #forgotten = 0;

  constructor({ truth, freshMs = 5_000, capacity = 10_000, clock = systemClock }: KnownAccountsOptions) {
    this.#truth = truth;
    this.#freshMs = freshMs;
    this.#capacity = capacity;
    this.#clock = clock;
  }

  /** @returns undefined for an account that is not active @throws HoldfastError as the database */
  async active(principal: string): Promise<Account | undefined> {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#known.get(principal);
    if (known !== undefined && nowMs - known.atMs <= this.#freshMs) return known.account;
    const forgotten = this.#forgotten;
    const found = await readAccount(this.#truth.db, principal);
    const account = found?.isActive === true ? found : undefined;
    if (forgotten === this.#forgotten) this.#remember(principal, { account, atMs: nowMs });
    return account;
  }

  forget(principal: string): void {
    this.#forgotten += 1;
    this.#known.delete(principal);
  }

  #remember(principal: string, known: Known): void {
    this.#known.delete(principal);
    if (this.#known.size >= this.#capacity) {
      const [oldest = ''] = this.#known.keys();
      this.#known.delete(oldest);
    }
    this.#known.set(principal, known);
  }
}
