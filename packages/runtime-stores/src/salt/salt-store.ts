/** Where a salt is kept: read by anybody, changed by one at a time. */
import type { SaltState } from './salt-state.ts';

/**
 * What is to be stored next; undefined to leave what is there. Pure: a store that finds itself overtaken asks again with the
 * newer state.
 *
 * @param nowMs - the time of the store, in milliseconds since the epoch, read after nobody else can change it
 */
export type SaltChange = (state: SaltState | undefined, nowMs: number) => SaltState | undefined;

export interface SaltStore {
  /**
   * @returns undefined when there is none yet
   * @throws HoldfastError DOCUMENT_INVALID - it is damaged; a steward decides
   */
  read(): Promise<SaltState | undefined>;
  /**
   * Reads, decides and stores while nobody else can.
   *
   * @returns what is stored afterwards
   * @throws HoldfastError LOCK_BUSY - somebody else is at it for longer than the limit; nothing was changed
   * @throws HoldfastError DOCUMENT_INVALID - what is there is damaged; nothing was changed
   */
  change(change: SaltChange): Promise<SaltState | undefined>;
}
