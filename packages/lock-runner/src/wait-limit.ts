/** One abort signal out of a caller's signal and a wait limit, which tells afterwards which of the two fired. */

/** The reason of a signal that fired because the wait limit passed. Never leaves this package. */
export const waitLimitPassed: unique symbol = Symbol('wait limit passed');

export interface WaitLimit extends Disposable {
  readonly signal: AbortSignal;
}

/** Longest delay a timer can have, 24 days; beyond it Node fires at once. */
export const longestTimerMs = 2_147_483_647;

export function waitLimit(waitMs: number, outer: AbortSignal | undefined): WaitLimit {
  const controller = new AbortController();
  const forward = () => controller.abort(outer?.reason);
  if (outer?.aborted === true) forward();
  outer?.addEventListener('abort', forward, { once: true });
  const timer =
    waitMs === Number.POSITIVE_INFINITY
      ? undefined
      : setTimeout(() => controller.abort(waitLimitPassed), Math.min(waitMs, longestTimerMs));
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', forward);
    },
  };
}
