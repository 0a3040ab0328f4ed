/**
 * A shard's document with its last good generation beside it, as `StateReader` keeps it: for state that nobody can make
 * anew. What is damaged is moved aside, and the generation before is served and named.
 */
import type { Held } from '@holdfast/base';
import { StateReader, type StateReaderOptions } from '@holdfast/state';
import { type Entries, withEntry } from './entries-schema.ts';
import type { ChangeEntry, ShardDocument } from './shard-document.ts';

export class KeptDocument<Entry> implements ShardDocument<Entry> {
  readonly path: string;
  readonly scope: string;
  readonly #reader: StateReader<Entries<Entry>>;

  constructor(path: string, options: StateReaderOptions<Entries<Entry>>) {
    this.path = path;
    this.scope = options.scope;
    this.#reader = new StateReader(options);
  }

  read(): Entries<Entry> | undefined {
    return this.#reader.readSync(this.path).value;
  }

  change(held: Held, change: (entries: Entries<Entry> | undefined) => Entries<Entry> | undefined): void {
    try {
      this.#reader.updateSync(this.path, held, (entries) => {
        const next = change(entries);
        if (next === undefined) throw unchanged;
        return next;
      });
    } catch (error) {
      if (error !== unchanged) throw error;
    }
  }

  readEntry(name: string): Entry | undefined {
    return this.read()?.[name];
  }

  changeEntry(held: Held, name: string, change: ChangeEntry<Entry>): void {
    this.change(held, (entries) => {
      const next = change(entries?.[name], entries !== undefined);
      return next && withEntry(entries ?? {}, name, next.entry);
    });
  }

  async remove(held: Held): Promise<void> {
    await this.#reader.remove(this.path, held);
  }
}

/** Ends an update that has nothing to write. Never leaves this module. */
const unchanged: unique symbol = Symbol('unchanged');
