/**
 * Reasons to run, collected until somebody takes them: any number between two runs lead to one run. Causes are words for
 * logs and metrics; what is to be done is never in them.
 */
export class Wakeups {
  #causes = new Set<string>();
  #alarm = new AbortController();

  /** Asks for a run: the one that begins next. */
  wake(cause: string): void {
    this.#causes.add(cause);
    this.#alarm.abort();
  }

  /** Aborts when somebody asks, at once when somebody has. */
  get signal(): AbortSignal {
    return this.#alarm.signal;
  }

  /** What has been asked for since the last call. Whoever asks from now on asks for another run. */
  take(): ReadonlySet<string> {
    const causes = this.#causes;
    this.#causes = new Set();
    this.#alarm = new AbortController();
    return causes;
  }
}
