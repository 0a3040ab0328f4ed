/**
 * Passwords against accounts, each at the cost of one hash whether the account is there or not. A hash takes 20 ms and two
 * are made at once, so those who wait are counted: who would wait for too long is turned away, and may come again.
 */
import type { PasswordHasher, Truth } from '@holdfast/truth-db';
import { type Account, findAccount } from './accounts.ts';

export type PasswordCheck =
  | { readonly kind: 'busy' }
  /** `account` is who it would be: for the log alone. */
  | { readonly kind: 'wrong'; readonly account: Account | undefined }
  /** `renewed`: a hash of today's cost, to take the place of the one that was verified. */
  | { readonly kind: 'right'; readonly account: Account; readonly renewed: string | undefined };

/** Some 1.3 s of two hashes at a time. */
const mostAtOnce = 128;

export class PasswordChecks {
  readonly #truth: Truth;
  readonly #passwords: PasswordHasher;
  readonly #mostAtOnce: number;
  #running = 0;

  constructor(truth: Truth, passwords: PasswordHasher, most = mostAtOnce) {
    this.#truth = truth;
    this.#passwords = passwords;
    this.#mostAtOnce = most;
  }

  /** Of whoever has this address. @throws HoldfastError TRUTH_INVALID - a stored hash cannot be read */
  async ofAddress(email: string, password: string): Promise<PasswordCheck> {
    return await this.#inTurn(async () => this.#verify(await findAccount(this.#truth.db, email), password));
  }

  async ofAccount(account: Account, password: string): Promise<PasswordCheck> {
    return await this.#inTurn(() => this.#verify(account, password));
  }

  async #verify(account: Account | undefined, password: string): Promise<PasswordCheck> {
    const { isMatch, renewed } = await this.#passwords.verify(password, account?.passwordHash);
    if (account === undefined || !isMatch) return { kind: 'wrong', account };
    return { kind: 'right', account, renewed };
  }

  async #inTurn(check: () => Promise<PasswordCheck>): Promise<PasswordCheck> {
    if (this.#running >= this.#mostAtOnce) return { kind: 'busy' };
    this.#running += 1;
    try {
      return await check();
    } finally {
      this.#running -= 1;
    }
  }
}
