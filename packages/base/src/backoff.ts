/** Doubling delays with a cap. The sequence is pure; whoever waits owns the clock and the budget. */

export interface BackoffOptions {
  /** First delay, in milliseconds. */
  readonly initialMs: number;
  /** Upper bound of a single delay, in milliseconds. */
  readonly maxMs: number;
  /**
   * 'none' gives 50, 100, 200 …; 'full' draws each delay uniformly from [0, that], which spreads a herd.
   * @see "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
   */
  readonly jitter?: 'none' | 'full';
  /** Source of randomness in [0, 1); tests pass a seeded one. */
  readonly random?: () => number;
}

/** An endless sequence of delays in milliseconds. */
export function* backoff(options: BackoffOptions): Generator<number, never, void> {
  const random = options.random ?? Math.random;
  for (let delayMs = options.initialMs; ; delayMs = Math.min(delayMs * 2, options.maxMs)) {
    const cappedMs = Math.min(delayMs, options.maxMs);
    yield options.jitter === 'full' ? random() * cappedMs : cappedMs;
  }
}
