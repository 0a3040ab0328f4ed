/**
 * Knows whether the caller runs inside the function of a transaction. Asking truth past that transaction is an error at
 * once: with one connection it would wait for itself, with several it would see and lock other rows than its own.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { HoldfastError } from '@holdfast/base';

export class TransactionScope {
  readonly #inside = new AsyncLocalStorage<{ isOpen: boolean }>();

  /** Runs the function of a transaction, so that `refuseInside` in it throws. Work it leaves behind is not inside. */
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
