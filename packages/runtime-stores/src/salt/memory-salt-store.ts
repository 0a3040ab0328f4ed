/** A salt in the memory of this process. For tests only: another process has another one, and so none of the keys. */
import { type Clock, systemClock } from '@holdfast/base';
import type { SaltState } from './salt-state.ts';
import type { SaltChange, SaltStore } from './salt-store.ts';

export class MemorySaltStore implements SaltStore {
  readonly #clock: Clock;
  #state: SaltState | undefined;

  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#clock = clock;
  }

  async read(): Promise<SaltState | undefined> {
    return this.#state;
  }

  async change(change: SaltChange): Promise<SaltState | undefined> {
    this.#state = change(this.#state, this.#clock.wallMs()) ?? this.#state;
    return this.#state;
  }
}
