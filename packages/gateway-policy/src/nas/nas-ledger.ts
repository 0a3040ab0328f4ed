/**
 * Takes down answers while others are still waited for: many in one write, because each costs a flush. What a crash loses
 * is what came in a tenth of a second, and will be asked once more.
 */
import type { NasSettlement } from '@holdfast/truth-db';

export interface NasLedger {
  add(settlement: NasSettlement): void;
  /** Resolves when all that was added is stored; rejects with the first failure, after which nothing is stored. */
  close(): Promise<void>;
}

/** At most so many in one transaction. */
const batch = 250;
/** How long the first of them waits for others. */
const gatherMs = 100;

/**
 * @param store - stores a batch, in order
 * @param onFailure - told of a failure when it happens
 */
export function openNasLedger(
  store: (settlements: readonly NasSettlement[]) => Promise<void>,
  onFailure: () => void,
): NasLedger {
  const waiting: NasSettlement[] = [];
  let gathering: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let failure: unknown;
  const write = async () => {
    try {
      while (waiting.length > 0) await store(waiting.splice(0, batch));
    } catch (error) {
      failure = error;
      onFailure();
    } finally {
      writing = undefined; // at once: what is added from here on begins the next write
    }
  };
  const begin = () => {
    clearTimeout(gathering);
    gathering = undefined;
    if (waiting.length > 0 && failure === undefined) writing ??= write();
  };
  return {
    add: (settlement) => {
      waiting.push(settlement);
      if (waiting.length >= batch) begin();
      else if (writing === undefined) gathering ??= setTimeout(begin, gatherMs);
    },
    close: async () => {
      begin();
      await writing;
      if (failure !== undefined) throw failure;
    },
  };
}
