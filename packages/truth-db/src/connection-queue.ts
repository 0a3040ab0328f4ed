/**
 * The turn at the one connection: first come, first served inside this process. It also knows whether the caller runs
 * inside a transaction function, because waiting there for the connection would wait for oneself: that is an error at
 * once, not a hang.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { HoldfastError } from '@holdfast/base';

export class ConnectionQueue {
  readonly #inside = new AsyncLocalStorage<{ isOpen: boolean }>();
  #last: Promise<void> = Promise.resolve();

  /**
   * Waits for the connection and returns what gives it back.
   *
   * @throws HoldfastError INTERNAL - called inside the function of a transaction, whose own `trx` is the way to query
   */
  async acquire(): Promise<() => void> {
    this.refuseInside();
    const { promise, resolve } = Promise.withResolvers<void>();
    const previous = this.#last;
    this.#last = promise;
    await previous;
    return resolve;
  }

  /** Runs the function of a transaction, so that `acquire` in it is refused. Work it leaves behind is not inside. */
  async runInside<Result>(fn: () => Promise<Result>): Promise<Result> {
    const scope = { isOpen: true };
    try {
      return await this.#inside.run(scope, fn);
    } finally {
      scope.isOpen = false;
    }
  }

  /** @throws HoldfastError INTERNAL - called inside the function of a transaction */
  refuseInside(): void {
    if (this.#inside.getStore()?.isOpen !== true) return;
    throw new HoldfastError(
      'INTERNAL',
      'truth was queried past the transaction that is open here; use its trx',
    );
  }
}
