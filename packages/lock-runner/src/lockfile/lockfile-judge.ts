/**
 * Whether a claim has been left behind, judged by looking at it: it is, once it has been seen unchanged for a whole lease on
 * our own monotonic clock. Never by the age of its mtime, which other clocks have set.
 *
 * It remembers what it saw of each path, so that many short waits add up to a long one.
 *
 * @see client-go's leader election, which trusts a clock no further
 */
import type { Clock } from '@holdfast/base';
import { type ClaimFacts, isSameClaim } from './lockfile-claim.ts';

interface Sighting {
  readonly facts: ClaimFacts;
  readonly sinceMs: number;
}

export class ClaimJudge {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #seen = new Map<string, Sighting>();

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  isAbandoned(path: string, facts: ClaimFacts): boolean {
    const nowMs = this.#clock.monotonicMs();
    const sighting = this.#seen.get(path);
    if (sighting !== undefined && isSameClaim(sighting.facts, facts)) {
      return nowMs - sighting.sinceMs >= this.#leaseMs;
    }
    this.#seen.set(path, { facts, sinceMs: nowMs });
    return false;
  }

  /** What stood there is gone, or need not be judged. */
  forget(path: string): void {
    this.#seen.delete(path);
  }
}
