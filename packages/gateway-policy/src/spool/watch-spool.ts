/**
 * Tells when a hook has dropped an event. The kernel says so at once where it can; a look every second is there for what
 * it does not say: a directory that comes later or is replaced, a file system without notification, a full queue.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { type Clock, errnoOf, systemClock } from '@holdfast/base';
import { isEventName } from './spool-directory.ts';

export interface WatchSpoolOptions {
  /** Between two looks, in milliseconds; 1000. */
  readonly pollMs?: number;
  readonly clock?: Clock;
}

/**
 * Calls `onEvent` for events that were not there before, those that are there at the beginning included; often once for
 * several, sometimes twice for one. Resolves when `signal` aborts.
 */
export async function watchSpool(
  directory: string,
  onEvent: () => void,
  signal: AbortSignal,
  { pollMs = 1_000, clock = systemClock }: WatchSpoolOptions = {},
): Promise<void> {
  await using watched = new WatchedDirectory(directory, onEvent);
  let seen: ReadonlySet<string> = new Set();
  while (!signal.aborted) {
    await watched.follow();
    const names = await eventsIn(directory);
    if (names.some((name) => !seen.has(name))) onEvent();
    seen = new Set(names);
    await clock.sleep(pollMs, signal).catch(() => undefined);
  }
}

/** A watch on the directory that has the name now. */
class WatchedDirectory implements AsyncDisposable {
  readonly #path: string;
  readonly #onEvent: () => void;
  #watcher: FSWatcher | undefined;
  #inode: bigint | undefined;

  constructor(path: string, onEvent: () => void) {
    this.#path = path;
    this.#onEvent = onEvent;
  }

  async follow(): Promise<void> {
    const inode = await inodeOf(this.#path);
    if (inode === this.#inode) return;
    this.#close();
    if (inode === undefined) return;
    try {
      this.#watcher = watch(this.#path, (_, name) => {
        if (name === null || isEventName(name)) this.#onEvent();
      });
    } catch {
      return; // gone again, or no watch is left: the next look tries it again
    }
    this.#watcher.on('error', () => this.#close());
    this.#inode = inode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }

  #close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#inode = undefined;
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).ino;
  } catch {
    return undefined; // not there, or not to be seen: nothing to watch
  }
}

async function eventsIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter(isEventName);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return []; // whoever ingests it reports what is wrong with it
  }
}
