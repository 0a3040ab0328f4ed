/**
 * One directory in the trash: `.trash/ID` with the journal and per file N of the reset `old-N`, what stood there before,
 * and until its effect `new-N`, what is to stand there.
 *
 * The name of the directory is the promise. Under its plain name it is a generation, and nothing in it is deleted. While
 * it is prepared, after it was taken back and when it is pruned it is called `ID.disposable`: nothing in it is the only
 * copy of anything that is still wanted, and whoever holds the scope may delete it. One rename leads from one to the other.
 * As `ID.set-aside` it is evidence: nobody reads it but people, and nobody deletes it but they.
 */
import { join } from 'node:path';
import { errnoOf } from '@holdfast/base';
import { encodeDocument } from '@holdfast/state';
import { readPieces } from './found-file.ts';
import { damagedJournal, parseJournal } from './parse-journal.ts';
import { flushDirectory, publishRename, type ResetContext } from './reset-context.ts';
import { attempt, unreadable } from './reset-failure.ts';
import { isResetIdOf } from './reset-id.ts';
import type { ResetJournal } from './reset-journal.ts';
import type { ResetPort } from './reset-port.ts';

const suffix = '.disposable';
const suffixOfSetAside = '.set-aside';

/** Where the parts of one file are. */
export interface TrashPlaces {
  /** What stood there. */
  readonly old: string;
  /** What is to stand there. */
  readonly staged: string;
}

export class TrashGeneration {
  readonly id: string;
  readonly directory: string;
  readonly disposable: string;
  readonly #trashPath: string;

  constructor(trashPath: string, id: string) {
    this.id = id;
    this.directory = join(trashPath, id);
    this.disposable = `${this.directory}${suffix}`;
    this.#trashPath = trashPath;
  }

  /** @param directory - while it is prepared, the disposable one */
  placesOf(index: number, directory = this.directory): TrashPlaces {
    return { old: join(directory, `old-${index}`), staged: join(directory, `new-${index}`) };
  }

  journalPath(directory = this.directory): string {
    return join(directory, 'journal.json');
  }

  /** Whether there is such a generation, however far it got. */
  isThere(port: ResetPort): boolean {
    return attempt('examined', this.directory, () => port.identify(this.directory)) !== undefined;
  }

  /** @throws HoldfastError RESET_DAMAGED - missing or damaged; DOCUMENT_NEWER, READ_FAILED */
  async readJournal(port: ResetPort): Promise<ResetJournal> {
    const path = this.journalPath();
    const pieces: Uint8Array[] = [];
    try {
      if (port.identify(path) === undefined) {
        throw damagedJournal(path, this.id, 'it is missing');
      }
      for await (const piece of readPieces(port, path)) pieces.push(piece);
    } catch (cause) {
      throw errnoOf(cause) === undefined ? cause : unreadable(path, cause);
    }
    return parseJournal(path, this.id, Buffer.concat(pieces));
  }

  async writeJournal(
    { writer, held }: ResetContext,
    journal: ResetJournal,
    directory = this.directory,
  ): Promise<void> {
    const generation = journal.phase === 'committed' ? 1 : 2;
    await writer.write(this.journalPath(directory), encodeDocument(JSON.stringify(journal), generation), {
      held,
    });
  }

  /** From here on the reset will be completed, or taken back as a whole. */
  async commit(context: ResetContext): Promise<void> {
    publishRename(context, this.disposable, this.directory);
    await flushDirectory(context, this.#trashPath);
  }

  /** Gives up what is in it, durably. Deleting it is left to `dispose`. */
  async forsake(context: ResetContext): Promise<void> {
    publishRename(context, this.directory, this.disposable);
    await flushDirectory(context, this.#trashPath);
  }

  /** Leaves it to people, durably. @returns where it is now */
  async setAside(context: ResetContext): Promise<string> {
    const directory = `${this.directory}${suffixOfSetAside}`;
    publishRename(context, this.directory, directory);
    await flushDirectory(context, this.#trashPath);
    return directory;
  }

  /** Deletes the disposable directory and what is in it. Absent is fine. */
  async dispose({ port }: Pick<ResetContext, 'port'>): Promise<void> {
    const directory = this.disposable;
    if (attempt('examined', directory, () => port.identify(directory))?.kind !== 'directory') return;
    for (const name of await listNames(port, directory)) {
      attempt('deleted', join(directory, name), () => port.unlink(join(directory, name)));
    }
    attempt('deleted', directory, () => port.removeDirectory(directory));
  }
}

export interface TrashContents {
  /** Oldest first. */
  readonly generations: readonly TrashGeneration[];
  /** Left over, to be deleted under the lock of their scope. */
  readonly disposable: readonly TrashGeneration[];
  /** Left to people. */
  readonly setAside: readonly { readonly id: string; readonly directory: string }[];
}

/** The part of the trash that belongs to `scope`; without one, all of it. What has another name is nobody's. */
export async function listTrash(
  port: ResetPort,
  trashPath: string,
  isMine: (id: string) => boolean,
): Promise<TrashContents> {
  const names = (await listNames(port, trashPath)).toSorted();
  const of = (ids: readonly string[]) => ids.filter(isMine).map((id) => new TrashGeneration(trashPath, id));
  const without = (ending: string) =>
    names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
  return {
    generations: of(names),
    disposable: of(without(suffix)),
    setAside: without(suffixOfSetAside)
      .filter(isMine)
      .map((id) => ({ id, directory: join(trashPath, `${id}${suffixOfSetAside}`) })),
  };
}

export function ofScope(scope: string): (id: string) => boolean {
  return (id) => isResetIdOf(scope, id);
}

async function listNames(port: ResetPort, directory: string): Promise<readonly string[]> {
  try {
    return await port.list(directory);
  } catch (cause) {
    throw unreadable(directory, cause);
  }
}
