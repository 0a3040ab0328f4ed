/**
 * Whether the daemon still turns: whoever begins something says what it is and how long it may take. A wait without a limit,
 * for a lock or for the database, is no sign of death; a step of a run that does not end is one.
 */
import type { Clock } from '@holdfast/base';

export class Heartbeat {
  readonly #clock: Clock;
  #what = 'starting';
  #sinceMs: number;
  #limitMs = 60_000;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /** @param limitMs - from now on, in milliseconds; `Infinity` for no limit */
  beat(what: string, limitMs: number): void {
    this.#what = what;
    this.#limitMs = limitMs;
    this.#sinceMs = this.#clock.monotonicMs();
  }

  /** What it is at, and for how long. */
  get facts(): { readonly phase: string; readonly forMs: number } {
    return { phase: this.#what, forMs: Math.round(this.#clock.monotonicMs() - this.#sinceMs) };
  }

  get isAlive(): boolean {
    return this.facts.forMs <= this.#limitMs;
  }
}
