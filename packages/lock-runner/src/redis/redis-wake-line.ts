/**
 * Being told by the server that it is one's turn, instead of asking all the time. One subscription for all waits of a
 * backend, on a connection of its own: opened by the first wait, closed when nobody has waited for a while.
 *
 * It is only the quicker way: whoever waits looks by itself as well, so a word that gets lost, a connection that breaks
 * and an account that may not subscribe cost a moment each, never a wait without end.
 */
import type { Clock } from '@holdfast/base';
import type { RedisLockClient, RedisSubscriber } from './redis-client.ts';

/** So long the connection stays after the last wait: the next one is near where locks are contended. */
const lingerMs = 10_000;

/** One wait that can be woken. */
export interface WakeCall extends Disposable {
  /**
   * Resolves when the call has come, also before this was asked, and after `ms` at the latest.
   *
   * @throws the signal's reason
   */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export interface RedisWakeLineOptions {
  readonly client: RedisLockClient;
  readonly channel: string;
  readonly clock: Clock;
}

export class RedisWakeLine {
  readonly #options: RedisWakeLineOptions;
  /** By the token of the claim. */
  readonly #calls = new Map<string, () => void>();
  #waiting = 0;
  #subscriber: RedisSubscriber | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(options: RedisWakeLineOptions) {
    this.#options = options;
  }

  /** Opens nothing yet: most requests are granted at once. A call that comes before the wait is kept for it. */
  join(token: string): WakeCall {
    let woken = new AbortController();
    let hasWaited = false;
    this.#calls.set(token, () => woken.abort());
    return {
      wait: async (ms, signal) => {
        if (!hasWaited) this.#begin();
        hasWaited = true;
        try {
          await this.#options.clock.sleep(ms, AbortSignal.any([woken.signal, signal]));
        } catch {
          signal.throwIfAborted(); // else it was woken
        }
        woken = new AbortController();
      },
      [Symbol.dispose]: () => {
        this.#calls.delete(token);
        if (hasWaited) this.#end();
      },
    };
  }

  /** Ends the connection, unless somebody waits. */
  close(): void {
    if (this.#waiting > 0) return;
    clearTimeout(this.#linger);
    try {
      this.#subscriber?.destroy();
    } catch {
      // it has ended by itself
    }
    this.#subscriber = undefined;
  }

  #begin(): void {
    this.#waiting += 1;
    clearTimeout(this.#linger);
    this.#open();
  }

  #end(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0) return;
    this.#linger = setTimeout(() => this.close(), lingerMs);
    this.#linger.unref();
  }

  #open(): void {
    if (this.#subscriber?.isOpen === true) return;
    const subscriber = this.#options.client.duplicate();
    this.#subscriber = subscriber;
    subscriber.on('error', () => undefined); // it reconnects by itself, and nobody depends on it
    subscriber.on('ready', () => this.#wakeAll()); // what was said meanwhile is lost
    subscriber.unref();
    void this.#subscribe(subscriber).catch(() => undefined);
  }

  async #subscribe(subscriber: RedisSubscriber): Promise<void> {
    await subscriber.connect();
    await subscriber.subscribe(this.#options.channel, (token) => this.#calls.get(token)?.());
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#calls.values()) wake();
  }
}
