/**
 * What every request passes on its way to a lock that lies beyond this process, on a server or in a directory that other
 * hosts share: the lock directory is made ready, and one task of this process at a time goes on, with what is left of its
 * wait limit. The others stay in the process queue until its grant is given back or it has come to nothing.
 *
 * So one process has at most one waiter per scope beyond, and its tasks are served in the order they came. Order of locks:
 * the process queue first, whatever lies beyond second.
 *
 * Not for flock, whose whole way is synchronous when nobody is in it.
 */
import type { Clock, LockParty } from '@holdfast/base';
import type { Grant, LockRequest } from './lock-backend.ts';
import { enterProcessQueue, queuedParty } from './process/process-backend.ts';
import { isContended, type Leave, queueOf } from './process/process-queue.ts';
import { waitLeft } from './wait-left.ts';

export interface EntranceOptions {
  readonly clock: Clock;
  /** Makes the lock directory ready: before the first request, and again after one that failed. */
  readonly prepare: () => void;
}

/** A grant of the lock beyond, which says of others beyond only whether they want it. Nothing of it can be inherited. */
export type GrantBeyond = Omit<Grant, 'descriptor'>;

/**
 * Seeks the lock beyond, within what is left of the limit: `request.waitMs` at the beginning, `leftMs()` later on.
 *
 * @returns undefined when the limit passed without a grant
 */
export type SeekBeyond = (request: LockRequest, leftMs: () => number) => Promise<GrantBeyond | undefined>;

export class Entrance {
  readonly #clock: Clock;
  readonly #prepare: () => void;
  #isPrepared = false;

  constructor({ clock, prepare }: EntranceOptions) {
    this.#clock = clock;
    this.#prepare = prepare;
  }

  /**
   * @param key - of the lock, in the process queue
   * @returns undefined when the limit passed first, here or beyond
   * @throws the signal's reason, or what making ready and seeking fail with
   */
  async pass(key: string, request: LockRequest, seek: SeekBeyond): Promise<Grant | undefined> {
    if (!this.#isPrepared) this.#prepare();
    this.#isPrepared = true;
    const leftMs = waitLeft(request.waitMs, this.#clock);
    const leave = await enterProcessQueue(key, request, this.#clock);
    if (leave === undefined) return undefined;
    let grant: GrantBeyond | undefined;
    try {
      grant = await seek({ ...request, waitMs: leftMs() }, leftMs);
      return grant && entered(grant, () => isContended(key, request.priority), leave);
    } catch (error) {
      this.#isPrepared = false; // perhaps the directory is gone: the next request looks again
      throw error;
    } finally {
      if (grant === undefined) leave();
    }
  }

  /** Those who wait here. To be asked before those beyond: who goes on meanwhile is told twice rather than not at all. */
  waiters(key: string): readonly LockParty[] {
    return queueOf(key).waiting.map((member) => queuedParty(member, this.#clock));
  }
}

/** The grant as the runner has it: leaves the process queue when it is given back, however that ends. */
function entered(grant: GrantBeyond, isContendedHere: () => boolean, leave: Leave): Grant {
  return {
    ...(grant.lost === undefined ? {} : { lost: grant.lost }),
    allotFence: () => grant.allotFence(),
    contended: () => isContendedHere() || grant.contended(),
    publish: (fence, step) => grant.publish(fence, step),
    release: async () => {
      try {
        await grant.release();
      } finally {
        leave();
      }
    },
  };
}
