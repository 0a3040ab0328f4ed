/**
 * How often the storms and kill rounds run: small in `npm test`, as the issues name them in `npm run test:soak`. The one
 * table of such figures.
 */

const small = {
  /** Read-modify-writes of each process on one counter. */
  counterRounds: 60,
  /** Processes on one counter. */
  counterProcesses: 8,
  /** Holders killed with SIGKILL, one after the other. */
  killRounds: 6,
  /** The same where a dead holder keeps the lock until its lease has run out. */
  leaseKillRounds: 3,
  /** Waiters killed with SIGKILL while they wait. */
  waiterKillRounds: 3,
  /** The same where a dead waiter keeps its place for a while, or never had one. */
  slowWaiterKillRounds: 2,
  /** Tasks of one process that wait at once. */
  waiters: 64,
  /** Random orders of writes, crashes, sweeps, reads and updates. */
  interleavings: 100,
  /** Reads of a document beside four processes that update it. */
  storageReads: 100,
  /** Bytes of the longest stream, in MiB. */
  streamMiB: 128,
  /** Processes that want the session of one connection. */
  sessionProcesses: 4,
  /** Acquisitions of each of them. */
  sessionAcquisitions: 20,
  /** Random sequences of operations on a session that are compared with its model. */
  sessionSequences: 60,
  /** Processes that claim and change the same connections. */
  connectionProcesses: 4,
  /** Connections in the database whose queries are explained. */
  explainedConnections: 20_000,
  /** Times that the database server is killed under a load of transactions. */
  serverKills: 2,
} as const;

const soak: Record<keyof typeof small, number> = {
  counterRounds: 2_000,
  counterProcesses: 8,
  killRounds: 1_000,
  leaseKillRounds: 1_000,
  waiterKillRounds: 100,
  slowWaiterKillRounds: 100,
  waiters: 64,
  interleavings: 2_000,
  storageReads: 10_000,
  streamMiB: 1_024,
  sessionProcesses: 16,
  sessionAcquisitions: 500,
  sessionSequences: 2_000,
  connectionProcesses: 16,
  explainedConnections: 200_000,
  serverKills: 50,
};

export const isSoak = process.env.HOLDFAST_COUNTS === 'soak';
export const counts: Readonly<Record<keyof typeof small, number>> = isSoak ? soak : small;
