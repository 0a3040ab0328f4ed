/**
 * Things that are kept for their next use: so many at the most, the least recently used go first, and none stays longer
 * than a few idle seconds. One timer serves all pools; it keeps no process alive and ends when nothing is left.
 */

/** What was not used between two looks is discarded: after 3 to 6 seconds. */
const lookEveryMs = 3_000;

export interface IdlePoolOptions<Item> {
  readonly most: number;
  /** Ends an item; it has been taken out before. */
  readonly discard: (item: Item) => void;
}

/** Those that have had something to keep since they were last seen empty. */
const pools = new Set<{ readonly isEmpty: boolean; discardUnused(): void }>();
let timer: NodeJS.Timeout | undefined;

export class IdlePool<Key, Item> {
  readonly #options: IdlePoolOptions<Item>;
  /** The least recently used first. */
  readonly #items = new Map<Key, Item>();
  /** What has been here at the last look and was not used since. */
  #unused = new Set<Key>();

  constructor(options: IdlePoolOptions<Item>) {
    this.#options = options;
  }

  /**
   * Keeps `item`, unless another one is kept under that key: then it is discarded.
   *
   * @returns whether it is kept
   */
  keep(key: Key, item: Item): boolean {
    if (this.#items.has(key)) {
      this.#options.discard(item);
      return false;
    }
    this.#items.set(key, item);
    if (this.#items.size > this.#options.most) this.#discard(this.#items.keys().next().value as Key);
    pools.add(this);
    timer ??= setInterval(lookAround, lookEveryMs).unref();
    return true;
  }

  take(key: Key): Item | undefined {
    const item = this.#items.get(key);
    if (item === undefined) return undefined;
    this.#items.delete(key);
    if (this.#unused.size > 0) this.#unused.delete(key);
    return item;
  }

  /** Discards what is kept under the keys that fit. */
  clear(isMeant: (key: Key) => boolean): void {
    for (const key of [...this.#items.keys()].filter(isMeant)) this.#discard(key);
    stopWhenEmpty();
  }

  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  discardUnused(): void {
    for (const key of this.#unused) this.#discard(key);
    this.#unused = new Set(this.#items.keys());
  }

  #discard(key: Key): void {
    const item = this.take(key);
    if (item !== undefined) this.#options.discard(item);
  }
}

function lookAround(): void {
  for (const pool of pools) pool.discardUnused();
  stopWhenEmpty();
}

function stopWhenEmpty(): void {
  for (const pool of pools) if (pool.isEmpty) pools.delete(pool);
  if (pools.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}
