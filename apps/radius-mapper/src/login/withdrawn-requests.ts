/**
 * Requests that were taken back, for as long as they themselves may still come: a mapper that stood still finds both in its
 * sockets when it goes on, and may read the taking back first.
 */
import type { Clock } from '@holdfast/base';

interface Request {
  readonly user: string;
  /** Packet-Authentication-Vector. */
  readonly req: string;
}

/** Longer than anything that a socket has kept is still of use to anybody. */
const keptMs = 60_000;
const mostKept = 10_000;

export class WithdrawnRequests {
  readonly #clock: Clock;
  /** When each was taken back, on the monotonic clock; the oldest first. */
  readonly #sinceMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(request: Request): void {
    const nowMs = this.#clock.monotonicMs();
    const key = keyOf(request);
    this.#sinceMs.delete(key);
    this.#sinceMs.set(key, nowMs);
    for (const [oldest, sinceMs] of this.#sinceMs) {
      if (sinceMs > nowMs - keptMs && this.#sinceMs.size <= mostKept) break;
      this.#sinceMs.delete(oldest);
    }
  }

  has(request: Request): boolean {
    const sinceMs = this.#sinceMs.get(keyOf(request));
    return sinceMs !== undefined && sinceMs > this.#clock.monotonicMs() - keptMs;
  }
}

/** A vector is of fixed length, so no two requests share a key. */
function keyOf({ user, req }: Request): string {
  return `${req} ${user}`;
}
