/**
 * What the server says has changed, as long as somebody is logged in. Answers that are old by it are asked for again, in one go
 * for all events of a moment: a thousand changes are not a thousand questions. Whoever needs the events themselves listens.
 */
import type { PanelClient } from '@holdfast/panel-client';
import type { PanelEvent } from '@holdfast/panel-client/schema';
import type { QueryClient } from '@tanstack/react-query';
import { type KeyStart, staleKeys } from './stale-keys.ts';

/** `lost`: what is shown may be old. It is being tried again. */
export type Link = 'opening' | 'open' | 'lost';

/** Between two rounds of questions. */
const calmMs = 400;
const firstMs = 40;

export class ServerEvents {
  readonly #client: PanelClient;
  readonly #queries: QueryClient;
  readonly #listeners = new Set<(event: PanelEvent) => void>();
  readonly #linkListeners = new Set<() => void>();
  readonly #stale = new Map<string, KeyStart>();
  #link: Link = 'opening';
  #lastRoundMs = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: PanelClient, queries: QueryClient) {
    this.#client = client;
    this.#queries = queries;
  }

  get link(): Link {
    return this.#link;
  }

  /** Follows them until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#client.events({
      signal,
      onEvent: (event) => this.#take(event),
      onState: (state) => this.#setLink(state),
    });
  }

  /** @returns a function that ends it */
  listen(listener: (event: PanelEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly watchLink = (listener: () => void): (() => void) => {
    this.#linkListeners.add(listener);
    return () => this.#linkListeners.delete(listener);
  };

  #take(event: PanelEvent): void {
    for (const key of staleKeys(event)) this.#stale.set(key.join('\n'), key);
    for (const listener of this.#listeners) listener(event);
    this.#timer ??= setTimeout(
      () => this.#askAgain(),
      Math.max(firstMs, this.#lastRoundMs + calmMs - performance.now()),
    );
  }

  #askAgain(): void {
    this.#timer = undefined;
    this.#lastRoundMs = performance.now();
    const keys = [...this.#stale.values()];
    this.#stale.clear();
    for (const queryKey of keys) void this.#queries.invalidateQueries({ queryKey });
  }

  #setLink(link: Link): void {
    if (this.#link === link) return;
    this.#link = link;
    for (const listener of this.#linkListeners) listener();
  }
}
