/**
 * How long answers are waited for. A timer and a signal of its own would cost a call more than all else that it does here,
 * so calls that begin soon after one another share theirs: each has at least the limit, and an eighth more at the most.
 *
 * The timers keep no process alive.
 */

/** Of the limit, in which calls may still join the first one. */
const joinPart = 1 / 8;
/** A timer that were longer than 2^31 ms would fire at once. */
const longestLimitMs = 2 ** 30;

interface Round {
  /** No call joins after it, in monotonic milliseconds. */
  readonly joinUntilMs: number;
  readonly controller: AbortController;
  readonly waiting: Set<(reason: Error) => void>;
}

export class AnswerLimit {
  readonly #limitMs: number;
  #round: Round | undefined;

  constructor(limitMs: number) {
    this.#limitMs = Math.min(limitMs, longestLimitMs);
  }

  /**
   * @param ask - gets the signal that aborts when its time is over
   * @throws Error - there was no answer in time; or what `ask` rejects with, if that is sooner
   */
  async wait<Answer>(ask: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const { waiting, controller } = this.#joined();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    waiting.add(reject);
    ask(controller.signal).then(resolve, reject);
    try {
      return await promise;
    } finally {
      waiting.delete(reject);
    }
  }

  #joined(): Round {
    const nowMs = performance.now();
    if (this.#round !== undefined && nowMs <= this.#round.joinUntilMs) return this.#round;
    const joinMs = this.#limitMs * joinPart;
    const round = {
      joinUntilMs: nowMs + joinMs,
      controller: new AbortController(),
      waiting: new Set<never>(),
    };
    setTimeout(() => end(round), this.#limitMs + joinMs).unref();
    this.#round = round;
    return round;
  }
}

/** Commands that were not written yet are withdrawn first. */
function end({ controller, waiting }: Round): void {
  controller.abort();
  for (const giveUp of waiting) giveUp(new Error('no answer in time'));
}
