/**
 * Time that may be spent waiting between tries of refused renames. Under a hold it belongs to the hold: what one write
 * has waited, the next cannot wait again, so all publishes of a hold together never pass its limit.
 */
import type { Held } from '@holdfast/base';

/** What an infinite budget counts as, in milliseconds. */
const longestBudgetMs = 10_000;

export class RetryBudget {
  #leftMs: number;

  /** @param budgetMs - 0 = one try, `Infinity` = 10 s */
  constructor(budgetMs: number) {
    this.#leftMs = Math.min(budgetMs, longestBudgetMs);
  }

  /** Never negative. */
  get leftMs(): number {
    return this.#leftMs;
  }

  spend(ms: number): void {
    this.#leftMs = Math.max(0, this.#leftMs - ms);
  }
}

/** A hold carries its limit at the grant and no account of it, so the account is kept here, as long as the hold lives. */
const ofHolds = new WeakMap<Held, RetryBudget>();

/** @param ownBudgetMs - what counts without a hold */
export function retryBudget(held: Held | undefined, ownBudgetMs: number): RetryBudget {
  if (held === undefined) return new RetryBudget(ownBudgetMs);
  let budget = ofHolds.get(held);
  if (budget === undefined) {
    budget = new RetryBudget(held.budgetMs);
    ofHolds.set(held, budget);
  }
  return budget;
}
