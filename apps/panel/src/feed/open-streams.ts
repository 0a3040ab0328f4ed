/**
 * The streams that are open, and how many may be: each holds a connection, and those of events must never be all that the panel
 * has. Of one person who opens too many the oldest is ended, so nobody locks themselves out.
 */
export interface OpenStreamsOptions {
  /** Of all; 512. */
  readonly most?: number;
  /** Of one principal; 32. */
  readonly mostOfOne?: number;
}

export class OpenStreams {
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #ends = new Map<string, Set<() => void>>();
  #count = 0;

  constructor({ most = 512, mostOfOne = 32 }: OpenStreamsOptions = {}) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * @param end - ends the stream; called when its place is needed
   * @returns what gives the place back, once; undefined when there is none
   */
  take(principal: string, end: () => void): (() => void) | undefined {
    const own = this.#ends.get(principal) ?? new Set();
    const [oldest] = own;
    if (own.size >= this.#mostOfOne) oldest?.();
    if (this.#count >= this.#most) return undefined;
    this.#ends.set(principal, own.add(end));
    this.#count += 1;
    return () => {
      if (!own.delete(end)) return;
      this.#count -= 1;
      if (own.size === 0 && this.#ends.get(principal) === own) this.#ends.delete(principal);
    };
  }
}
