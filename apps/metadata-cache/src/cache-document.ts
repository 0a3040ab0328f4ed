/**
 * The catalogue of one source on disk. Reading takes no lock: length and checksum are compared, and where the current
 * file is damaged the generation before is served. Publishing demands the writer lock and is durable; what stood there
 * stays as the last good generation, and what is damaged beyond that is kept as evidence.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AtomicWriter, SweepReport } from '@holdfast/atomic-writer';
import { type Clock, type Held, type HoldfastError, isHoldfastError, systemClock } from '@holdfast/base';
import { encodeDocument, StateReader } from '@holdfast/state';
import { cacheScope } from './cache-place.ts';
import { type Catalogue, catalogueSchema } from './catalogue.ts';
import { keepEvidence } from './keep-evidence.ts';

/** What a look without a lock finds. Absent, damaged, unreadable and too new are four different answers. */
export type CacheLook =
  | {
      readonly state: 'whole';
      readonly catalogue: Catalogue;
      readonly generation: number;
      /** 'last-good': the current file is damaged or gone. */
      readonly from: 'current' | 'last-good';
    }
  | { readonly state: 'absent' }
  | { readonly state: 'corrupt' | 'unreadable' | 'newer'; readonly error: HoldfastError };

const states = { DOCUMENT_INVALID: 'corrupt', DOCUMENT_NEWER: 'newer' } as const;

export class CacheDocument {
  readonly path: string;
  readonly #reader: StateReader<Catalogue>;
  readonly #writer: AtomicWriter;
  readonly #clock: Clock;
  #seen: { readonly stamp: string; readonly look: CacheLook } | undefined;

  /** @param writer - decides durability and mode */
  constructor(path: string, writer: AtomicWriter, clock: Clock = systemClock) {
    this.path = path;
    this.#writer = writer;
    this.#clock = clock;
    this.#reader = new StateReader({ validator: catalogueSchema, writer, scope: cacheScope, clock });
  }

  /** Costs a stat when the file is the one that was looked at before: a publication is always another one. */
  async look(): Promise<CacheLook> {
    const stamp = stampOf(this.path);
    if (stamp !== undefined && this.#seen?.stamp === stamp) return this.#seen.look;
    const look = await this.#read();
    const isSame = stamp !== undefined && stampOf(this.path) === stamp;
    this.#seen = isSame && look.state === 'whole' && look.from === 'current' ? { stamp, look } : undefined;
    return look;
  }

  /** @throws HoldfastError as `StateReader.update`: what stood there stays */
  async publish(held: Held, catalogue: Catalogue): Promise<void> {
    const look = await this.look();
    this.#seen = undefined; // an update holds the present one itself, and two more
    if (look.state === 'corrupt') await this.#replace(held, catalogue);
    else await this.#reader.update(this.path, held, () => catalogue);
  }

  /** Removes the catalogue and its last good generation; evidence of damage stays. */
  async remove(held: Held): Promise<void> {
    this.#seen = undefined;
    await this.#reader.remove(this.path, held);
  }

  /** Under the lock, which is the only one that writers of this directory take. */
  async sweepOrphans(held: Held): Promise<SweepReport> {
    return await this.#writer.sweepOrphans(dirname(this.path), { soleWriters: held });
  }

  async #read(): Promise<CacheLook> {
    try {
      const found = await this.#reader.read(this.path);
      if (found.source === 'absent') return { state: 'absent' };
      return {
        state: 'whole',
        catalogue: found.value,
        generation: found.generation,
        from: found.source,
      };
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      const { code } = error;
      return { state: code in states ? states[code as keyof typeof states] : 'unreadable', error };
    }
  }

  /**
   * An update refuses to start from damage. What is damaged stays under its name up to the rename, so that a reader
   * finds it damaged and waits for its turn, not gone.
   */
  async #replace(held: Held, catalogue: Catalogue): Promise<void> {
    const stamp = Math.trunc(this.#clock.wallMs());
    for (const path of [this.path, `${this.path}.last-good`]) keepEvidence(path, stamp);
    await this.#writer.write(this.path, encodeDocument(JSON.stringify(catalogue), 1), { held });
  }
}

/** Undefined when nothing is there, or nothing that can be looked at. */
function stampOf(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return undefined;
  }
}
