/**
 * What hooks have told before this machine booted is over, and nobody told the end of it: for whoever runs on the gateway, once
 * at its start, before the first events are ingested.
 */
import { readFile } from 'node:fs/promises';
import { errnoOf } from '@holdfast/base';
import { endEarlierBoots, type Truth } from '@holdfast/truth-db';

export interface EndLostSessionsOptions {
  readonly truth: Truth;
  readonly gateway: string;
  /** The present moment, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** Ends it between two batches. */
  readonly signal: AbortSignal;
  /** Where the kernel tells the id of the boot. */
  readonly bootIdPath?: string;
}

/**
 * @returns how many were ended; none where the boot cannot be told
 * @throws HoldfastError as `Truth.transaction`; what was committed before stays
 */
export async function endLostSessions(options: EndLostSessionsOptions): Promise<number> {
  const { truth, gateway, at, signal, bootIdPath = '/proc/sys/kernel/random/boot_id' } = options;
  const boot = await readBootId(bootIdPath);
  if (boot === undefined) return 0;
  let ended = 0;
  for (let mayBeMore = true; mayBeMore; ) {
    signal.throwIfAborted();
    const batch = await truth.transaction((trx) => endEarlierBoots(trx, { gateway, boot, at }));
    ended += batch.ended;
    mayBeMore = batch.mayBeMore;
  }
  return ended;
}

/** In the form in which `parseEvent` gives it. */
async function readBootId(path: string): Promise<string | undefined> {
  try {
    const id = (await readFile(path, 'latin1')).trim().replaceAll('-', '');
    return /^[0-9a-f]{32}$/.test(id) ? id : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
