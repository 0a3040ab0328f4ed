/**
 * Reads that may be a little stale, kept for 30 to 60 seconds or until one of their tags is counted, whichever comes first.
 *
 * Every read asks the database for the generations of its tags first: a change that was committed before the read began is
 * always seen, whichever process made it. What is kept belongs to the generations that were read before it was filled, and
 * is kept only if they are the same afterwards; so a change in the middle of a fill cannot leave the old value behind.
 *
 * What people edit is not read here: a form, a conflict and a mutation read the row itself (`readResource`).
 */
import { type Clock, systemClock } from '@holdfast/base';
import type { Truth } from '@holdfast/truth-db';
import { LRUCache } from 'lru-cache';
import { GenerationReader } from '../tag/generation-reader.ts';
import { frozen } from './frozen.ts';

export interface TagCacheOptions {
  readonly truth: Truth;
  /** Of the JSON of all that is kept, in bytes; 32 MiB. The least recently used goes first. */
  readonly maxBytes?: number;
  /** 30 000 to 60 000 ms, a tenth more or less at random for each entry; 45 000. */
  readonly ttlMs?: number;
  readonly clock?: Clock;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
}

export interface CachedRead<Value> {
  /** What is read, with every parameter of it. */
  readonly key: string;
  /** As whom: the role, and the principal where they see different things. Part of the key. */
  readonly view: string;
  /** Of everything it is made from; known before it is read. */
  readonly tags: readonly string[];
  /** Reads it; of a JSON value, which is frozen. */
  readonly fill: () => Promise<Value>;
  /** What this reader has seen already: an older value that is kept is passed by. */
  readonly atLeast?: { readonly version: number; readonly versionOf: (value: Value) => number | undefined };
}

export interface CacheCounts {
  readonly hits: number;
  readonly fills: number;
  /** Reads that another one's fill has answered. */
  readonly joined: number;
  /** Fills that were overtaken by a change, and not kept. */
  readonly overtaken: number;
}

interface Entry {
  readonly generations: string;
  readonly value: unknown;
}

export class TagCache {
  readonly #reader: GenerationReader;
  readonly #entries: LRUCache<string, Entry>;
  readonly #flights = new Map<string, Promise<unknown>>();
  readonly #ttlMs: number;
  readonly #random: () => number;
  readonly #counts = { hits: 0, fills: 0, joined: 0, overtaken: 0 };

  /** @throws RangeError - a time to live outside 30 to 60 s, or no room */
  constructor(options: TagCacheOptions) {
    const {
      truth,
      maxBytes = 32 * 2 ** 20,
      ttlMs = 45_000,
      clock = systemClock,
      random = Math.random,
    } = options;
    if (!(ttlMs >= 30_000 && ttlMs <= 60_000))
      throw new RangeError(`ttlMs is ${ttlMs}, not 30 000 to 60 000`);
    this.#ttlMs = ttlMs;
    this.#random = random;
    this.#reader = new GenerationReader(truth.db);
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      // Zero is for ever there, and a clock may begin with it.
      perf: { now: () => clock.monotonicMs() + 1 },
      ttlResolution: 0,
    });
  }

  get counts(): CacheCounts {
    return { ...this.#counts };
  }

  /** Bytes and number of what is kept now. */
  get size(): { readonly bytes: number; readonly entries: number } {
    return { bytes: this.#entries.calculatedSize, entries: this.#entries.size };
  }

  /** @throws whatever `fill` throws, and then keeps nothing; HoldfastError - the database does not tell the generations */
  async read<Value>(request: CachedRead<Value>): Promise<Value> {
    const key = keyOf(request);
    const generations = await this.#reader.read(request.tags);
    const kept = this.#entries.get(key);
    if (kept?.generations === generations && isEnough(request, kept.value as Value)) {
      this.#counts.hits += 1;
      return kept.value as Value;
    }
    const flight = `${generations} ${key}`;
    const joined = this.#flights.get(flight) as Promise<Value> | undefined;
    if (joined !== undefined) {
      const value = await joined;
      if (isEnough(request, value)) {
        this.#counts.joined += 1;
        return value;
      }
    }
    const filling = this.#fill(key, generations, request);
    this.#flights.set(flight, filling);
    try {
      return await filling;
    } finally {
      if (this.#flights.get(flight) === filling) this.#flights.delete(flight);
    }
  }

  async #fill<Value>(key: string, generations: string, { fill, tags }: CachedRead<Value>): Promise<Value> {
    this.#counts.fills += 1;
    const { value, bytes } = frozen(await fill());
    if ((await this.#reader.read(tags)) !== generations) {
      this.#counts.overtaken += 1;
      return value;
    }
    const jitter = 0.9 + 0.2 * this.#random();
    const size = bytes + Buffer.byteLength(key);
    this.#entries.set(key, { generations, value }, { size, ttl: Math.round(this.#ttlMs * jitter) });
    return value;
  }
}

/** The view goes first and says how long it is, so that no two pairs have one key. */
function keyOf({ key, view }: Pick<CachedRead<never>, 'key' | 'view'>): string {
  return `${view.length}:${view}:${key}`;
}

function isEnough<Value>({ atLeast }: CachedRead<Value>, value: Value): boolean {
  if (atLeast === undefined) return true;
  const version = atLeast.versionOf(value);
  return version !== undefined && version >= atLeast.version;
}
