/**
 * How often the storms and kill rounds run: small in `npm test`, as the issues name them in `npm run test:soak`. The one
 * table of such figures.
 */

const small = {
  /** Read-modify-writes of each process on one counter. */
  counterRounds: 200,
  /** Processes on one counter. */
  counterProcesses: 8,
  /** Holders killed with SIGKILL, one after the other. */
  killRounds: 20,
  /** The same where a dead holder keeps the lock until its lease has run out. */
  leaseKillRounds: 8,
  /** Waiters killed with SIGKILL while they wait. */
  waiterKillRounds: 10,
  /** Tasks of one process that wait at once. */
  waiters: 64,
  /** Random orders of writes, crashes, sweeps, reads and updates. */
  interleavings: 100,
  /** Reads of a document beside four processes that update it. */
  storageReads: 100,
  /** Bytes of the longest stream, in MiB. */
  streamMiB: 256,
} as const;

const soak: Record<keyof typeof small, number> = {
  counterRounds: 2_000,
  counterProcesses: 8,
  killRounds: 1_000,
  leaseKillRounds: 1_000,
  waiterKillRounds: 100,
  waiters: 64,
  interleavings: 2_000,
  storageReads: 10_000,
  streamMiB: 1_024,
};

export const isSoak = process.env.HOLDFAST_COUNTS === 'soak';
export const counts: Readonly<Record<keyof typeof small, number>> = isSoak ? soak : small;
