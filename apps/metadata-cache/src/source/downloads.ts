/**
 * Everything one refresh downloads, under one set of limits: a deadline for all of it, a size for all of it, and for each
 * request so many tries. A dead network cannot keep the lock longer than the deadline.
 *
 * Tries are repeated where repeating can help: no connection, a connection that ends early, 408, 429 and 5xx. 250 ms doubling
 * to 5 s, each drawn from zero (full jitter), four tries; a server that asks for a later moment is obeyed up to 30 s.
 */
import { backoff, type Clock, type HoldfastError, systemClock } from '@holdfast/base';
import { type Answer, type AttemptLimits, attempt, Repeatable } from './attempt.ts';
import { sourceError } from './source-error.ts';

export const fetchTries = 4;
export const fetchBackoff = { initialMs: 250, maxMs: 5_000, jitter: 'full' } as const;
const longestRetryAfterMs = 30_000;
/** Without a byte for so long, a try is given up. */
const idleMs = 30_000;

export interface DownloadsOptions {
  readonly timeoutMs: number;
  /** Of all bodies together, decompressed, in bytes. */
  readonly maxBytes: number;
  /** Ends everything; its reason is thrown. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly idleMs?: number;
  readonly onProgress?: (bytes: number) => void;
}

export class Downloads implements Disposable {
  readonly #options: DownloadsOptions;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal;
  #bytes = 0;
  #requests = 0;
  #retries = 0;

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#timer = setTimeout(() => this.#ending.abort(), options.timeoutMs);
    this.#signal = AbortSignal.any([options.signal, this.#ending.signal]);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get requests(): number {
    return this.#requests;
  }

  /** How often a request was repeated. */
  get retries(): number {
    return this.#retries;
  }

  /** Ends what is under way, for a refresh that has failed elsewhere. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }

  /**
   * @param etag - of the answer that is at hand; the server may say that it has not changed
   * @throws HoldfastError SOURCE_UNAVAILABLE, SOURCE_UNTRUSTED, SOURCE_TOO_LARGE, or the reason of the signal
   */
  async get(address: string, etag?: string): Promise<Answer> {
    const delays = backoff(fetchBackoff);
    for (let tries = 1; ; tries += 1) {
      try {
        this.#requests += 1;
        return await attempt(address, etag, this.#limits());
      } catch (error) {
        this.#throwIfOver(address, error);
        if (!(error instanceof Repeatable)) throw error;
        if (tries === fetchTries) throw this.#gaveUp(address, error, tries);
        this.#retries += 1;
        const delayMs = Math.min(error.retryAfterMs ?? delays.next().value, longestRetryAfterMs);
        await this.#clock.sleep(delayMs, this.#signal).catch(() => this.#throwIfOver(address, error));
      }
    }
  }

  /** Counts what came from elsewhere than the network, too. */
  take(address: string, bytes: number): void {
    this.#bytes += bytes;
    this.#options.onProgress?.(this.#bytes);
    if (this.#bytes <= this.#options.maxBytes) return;
    throw sourceError(
      'SOURCE_TOO_LARGE',
      address,
      `sends more than the ${this.#options.maxBytes} bytes allowed`,
      {
        details: { maxBytes: this.#options.maxBytes },
      },
    );
  }

  #limits(): AttemptLimits {
    return {
      signal: this.#signal,
      idleMs: this.#options.idleMs ?? idleMs,
      take: (address, bytes) => this.take(address, bytes),
    };
  }

  #throwIfOver(address: string, cause: unknown): void {
    this.#options.signal.throwIfAborted();
    if (!this.#ending.signal.aborted) return;
    throw sourceError('SOURCE_UNAVAILABLE', address, `was not read within ${this.#options.timeoutMs} ms`, {
      cause,
      details: { timeoutMs: this.#options.timeoutMs },
    });
  }

  #gaveUp(address: string, error: Repeatable, tries: number): HoldfastError {
    return sourceError('SOURCE_UNAVAILABLE', address, `${error.message}, in ${tries} tries`, {
      cause: error,
      details: { tries, ...(error.status === undefined ? {} : { status: error.status }) },
    });
  }
}
