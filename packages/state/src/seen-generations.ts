/**
 * The greatest generation of each document that a reader has served or published. Readers take no lock, so of two reads
 * at once the earlier may end later and hold the older generation; and a backup that is put back over a document makes it
 * younger than what was served before. Both are seen by comparing with this.
 */

/** Documents that are remembered; the one that was longest not read is forgotten first. */
const mostDocuments = 1_024;

export class SeenGenerations {
  readonly #greatest = new Map<string, number>();

  /** @returns 0 for a document that was never served */
  of(path: string): number {
    return this.#greatest.get(path) ?? 0;
  }

  note(path: string, generation: number): void {
    const greatest = Math.max(generation, this.of(path));
    if (greatest === 0) return;
    this.#greatest.delete(path); // so that it becomes the newest
    this.#greatest.set(path, greatest);
    if (this.#greatest.size <= mostDocuments) return;
    for (const [oldest] of this.#greatest) return void this.#greatest.delete(oldest);
  }

  /** For a document that was removed: the next one counts from 1. */
  forget(path: string): void {
    this.#greatest.delete(path);
  }
}
