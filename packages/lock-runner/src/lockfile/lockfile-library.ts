/**
 * proper-lockfile as the library it is: it makes the claim, keeps it fresh once a second and removes it, at exit too. But
 * every call it makes on the claim goes through a port of ours, and its own judgement is never in use: nothing is older than
 * its threshold, so it never takes over; what it removes and renews is compared first; what it finds lost is told, not thrown
 * out of a timer.
 *
 * It is loaded at the first lock: it brings listeners for signals and exit along.
 *
 * @see node_modules/proper-lockfile/lib/lockfile.js, which was read for this line by line
 */
import { errnoOf } from '@holdfast/base';
import type * as Library from 'proper-lockfile';

/** What is done when the library wants it done. All synchronous, for it has no state between a call and its answer. */
export interface ClaimPort {
  /** @returns false when somebody has the lock */
  claim(): boolean;
  /** @returns false when the claim is ours no more */
  renew(): boolean;
  giveBack(): Promise<void>;
  /** `giveBack` in a process that ends. */
  giveBackNow(): void;
}

type Done<Value = void> = (error: Error | null, value?: Value) => void;

/** As often as the library can: the shortest threshold of foreign processes is two seconds. */
const updateMs = 1_000;
let library: typeof Library | undefined;

/** @returns what gives the lock back, undefined when somebody has it */
export async function lockWithLibrary(
  key: string,
  claimPath: string,
  port: ClaimPort,
): Promise<(() => Promise<void>) | undefined> {
  library ??= await import('proper-lockfile');
  const fs = new PortFileSystem(port);
  try {
    const release = await library.lock(key, {
      lockfilePath: claimPath,
      realpath: false,
      retries: 0,
      stale: Number.POSITIVE_INFINITY,
      update: updateMs,
      fs: fs.calls,
      onCompromised: () => undefined, // the lease tells
    });
    return () => release().catch((error) => giveUp(error, port));
  } catch (error) {
    if (error === heldElsewhere || !fs.isOurs) return undefined;
    throw error;
  }
}

const heldElsewhere = Object.assign(new Error('held elsewhere'), { code: 'ELOCKED' });

/** The calls of `node:fs` that the library makes, all of them on the claim. */
class PortFileSystem {
  readonly #port: ClaimPort;
  /** The library compares what it finds with what it has set: it is shown that, whatever the precision of the disk. */
  #mtime = new Date(0);
  #isOurs = true;

  constructor(port: ClaimPort) {
    this.#port = port;
  }

  /** False since the library was told that the claim is lost. */
  get isOurs(): boolean {
    return this.#isOurs;
  }

  get calls(): object {
    return {
      mkdir: (_path: string, done: Done) => answer(done, () => this.#claim()),
      utimes: (_path: string, _atime: Date, mtime: Date, done: Done) =>
        answer(done, () => this.#renew(mtime)),
      stat: (_path: string, done: Done<{ mtime: Date }>) => {
        if (this.#isOurs) done(null, { mtime: this.#mtime });
        else done(noEntry());
      },
      rmdir: (_path: string, done: Done) => void this.#port.giveBack().then(() => done(null), done),
      rmdirSync: () => this.#port.giveBackNow(),
    };
  }

  #claim(): void {
    if (!this.#port.claim()) throw heldElsewhere;
  }

  #renew(mtime: Date): void {
    this.#isOurs = this.#port.renew();
    if (!this.#isOurs) throw noEntry();
    this.#mtime = mtime;
  }
}

function answer(done: Done, step: () => void): void {
  try {
    step();
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null);
}

function noEntry(): Error {
  return Object.assign(new Error('the claim is ours no more'), { code: 'ENOENT' });
}

/** The library has found the claim lost and has nothing to release any more; the hold still has to be ended. */
async function giveUp(error: unknown, port: ClaimPort): Promise<void> {
  if (errnoOf(error) !== 'ERELEASED') throw error;
  await port.giveBack();
}
