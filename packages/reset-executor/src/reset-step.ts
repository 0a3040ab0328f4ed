/**
 * One file's part of a reset, forward and back. Both look before they act, so both may be repeated from any point at
 * which a crash has left them: `new-N` is there until a replacement took effect, `old-N` of a removal from then on.
 *
 * A writer that came between a crash and the resume, against the rule to resume first, loses nothing: what it wrote
 * before this file's effect is moved into the trash, what it wrote after stays.
 */
import { findFile, isSameFile } from './found-file.ts';
import { keepCopy } from './keep-copy.ts';
import { publishRename, type ResetContext } from './reset-context.ts';
import { attempt, refusedPath } from './reset-failure.ts';
import type { JournalFile } from './reset-journal.ts';
import type { TrashPlaces } from './trash-generation.ts';

export class ResetStep {
  readonly #context: ResetContext;
  readonly #file: JournalFile;
  readonly #places: TrashPlaces;

  constructor(context: ResetContext, file: JournalFile, places: TrashPlaces) {
    this.#context = context;
    this.#file = file;
    this.#places = places;
  }

  /** Absolute, examined now. */
  get path(): string {
    return this.#context.root.locate(this.#file.path);
  }

  async forward(): Promise<void> {
    const { action } = this.#file;
    switch (action) {
      case 'remove':
        return this.#remove(this.path);
      case 'replace':
        return await this.#replace(this.path);
      case 'absent':
        return undefined;
      default:
        return action satisfies never;
    }
  }

  /** @throws HoldfastError TARGET_REFUSED - somebody has changed the file since; it is left alone */
  async back(): Promise<void> {
    const { action } = this.#file;
    switch (action) {
      case 'remove':
        return this.#restore(this.path);
      case 'replace':
        return await this.#withdraw(this.path);
      case 'absent':
        return undefined;
      default:
        return action satisfies never;
    }
  }

  #remove(path: string): void {
    if (this.#has(this.#places.old) || !this.#has(path)) return;
    publishRename(this.#context, path, this.#places.old);
  }

  async #replace(path: string): Promise<void> {
    const { staged } = this.#places;
    if (!this.#has(staged)) return;
    if (this.#isOneFile(path, staged) || (await this.#isReplacedUnder(path))) {
      // A rename between two names of one file does nothing and keeps both.
      attempt('deleted', staged, () => this.#context.port.unlink(staged));
      return;
    }
    publishRename(this.#context, staged, path);
  }

  /**
   * Sees to it that `old-N` is what stands at `path`, as it is unless somebody wrote since.
   *
   * @returns whether `path` has its new content already, under another inode: where links are refused
   */
  async #isReplacedUnder(path: string): Promise<boolean> {
    const { port } = this.#context;
    const { old } = this.#places;
    if (!this.#has(path) || this.#isOneFile(path, old)) return false;
    if (this.#has(old)) {
      const present = await findFile(port, path);
      if (isSameFile(present, await findFile(port, old))) return false;
      if (isSameFile(present, this.#file.after)) return true;
      let number = 1;
      while (this.#has(`${old}.${number}`)) number += 1;
      attempt('moved', old, () => port.rename(old, `${old}.${number}`));
    }
    await keepCopy(this.#context, path, old);
    return false;
  }

  #restore(path: string): void {
    const { old } = this.#places;
    if (!this.#has(old)) return;
    if (this.#has(path)) throw refusedPath(path, 'was created since it was removed, so it stays');
    publishRename(this.#context, old, path);
  }

  async #withdraw(path: string): Promise<void> {
    const { old, staged } = this.#places;
    const present = await findFile(this.#context.port, path);
    const isReplaced = isSameFile(present, this.#file.after);
    const isMissing = present.kind === 'absent';
    if (this.#has(staged) && !isReplaced && !isMissing) return;
    if (!isReplaced && !isMissing) throw refusedPath(path, 'was changed since it was replaced, so it stays');
    if (this.#has(old)) {
      if (!isMissing && !this.#has(staged)) await keepCopy(this.#context, path, staged);
      publishRename(this.#context, old, path);
    } else if (!isMissing) {
      publishRename(this.#context, path, staged);
    }
  }

  #has(path: string): boolean {
    return attempt('examined', path, () => this.#context.port.identify(path)) !== undefined;
  }

  /** Whether both are names of one file. */
  #isOneFile(one: string, other: string): boolean {
    const { port } = this.#context;
    const first = attempt('examined', one, () => port.identify(one));
    const second = attempt('examined', other, () => port.identify(other));
    return first !== undefined && first.inode === second?.inode && first.device === second.device;
  }
}
