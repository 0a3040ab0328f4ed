/** The turn at the one connection: first come, first served inside this process. */
import type { TransactionScope } from './transaction-scope.ts';

export class ConnectionQueue {
  readonly #scope: TransactionScope;
  #last: Promise<void> = Promise.resolve();

  constructor(scope: TransactionScope) {
    this.#scope = scope;
  }

  /**
   * Waits for the connection and returns what gives it back.
   *
   * @throws HoldfastError INTERNAL - called inside the function of a transaction, whose own `trx` is the way to query
   */
  async acquire(): Promise<() => void> {
    this.#scope.refuseInside();
    const { promise, resolve } = Promise.withResolvers<void>();
    const previous = this.#last;
    this.#last = promise;
    await previous;
    return resolve;
  }
}
