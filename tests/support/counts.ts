/**
 * How often the storms and kill rounds run: small in `npm test`, as the issues name them in `npm run test:soak`. The one
 * table of such figures.
 */

const small = {
  /** Read-modify-writes of each process on one counter. */
  counterRounds: 40,
  /** Processes on one counter. */
  counterProcesses: 8,
  /** Holders killed with SIGKILL, one after the other. */
  killRounds: 3,
  /** The same where a dead holder keeps the lock until its lease has run out. */
  leaseKillRounds: 2,
  /** Waiters killed with SIGKILL while they wait. */
  waiterKillRounds: 2,
  /** The same where a dead waiter keeps its place for a while, or never had one. */
  slowWaiterKillRounds: 2,
  /** Tasks of one process that wait at once. */
  waiters: 64,
  /** Random orders of writes, crashes, sweeps, reads and updates. */
  interleavings: 40,
  /** Reads of a document beside four processes that update it. */
  storageReads: 40,
  /** Writes of each of four processes to one file, which a fifth reads. */
  tornRounds: 300,
  /** Bytes of the longest stream, in MiB. */
  streamMiB: 64,
  /** Processes that want the session of one connection. */
  sessionProcesses: 4,
  /** Acquisitions of each of them. */
  sessionAcquisitions: 20,
  /** Batches of logins that each of eight sends, for the same twenty connections. */
  loginBatches: 10,
  /** Random sequences of operations on a session that are compared with its model. */
  sessionSequences: 40,
  /** Processes that claim and change the same connections. */
  connectionProcesses: 4,
  /** Connections in the database whose queries are explained. */
  explainedConnections: 20_000,
  /** Runs of a process that remembers its last one, each after random events. */
  newsRounds: 15,
  /** Times that the database server is killed under a load of transactions. */
  serverKills: 2,
  /** Hooks that are called at once. */
  hooksAtOnce: 100,
  /** Random values that a shell writes for the parser to read. */
  hostileValues: 25,
  /** Situations of each table of concurrency that are tried on the recorded dataplane, and in the real kernel. */
  matrixSituations: 20,
  matrixKernelSituations: 4,
  /** Those in which the first run is killed. */
  matrixCrashes: 10,
  matrixKernelCrashes: 3,
  /** Changes of one connection and of one address while applies overlap, and the same in the real kernel. */
  flaps: 100,
  kernelFlaps: 12,
  /** Processes of vpn-policy-apply that overlap. */
  overlappingApplies: 50,
  /** Applies against a reconcile that never rests. */
  appliesAgainstReconcile: 20,
  /** Steps of a run at which the database server is restarted. */
  databaseRestarts: 4,
  /** Triggers that another process records one by one while the daemon watches. */
  daemonTriggers: 30,
  /** Triggers that it records at once. */
  daemonBurst: 200,
  /** Random lives of sessions after which a NAS has what truth says. */
  nasSequences: 20,
  /** Steps of keeping and of draining accounting at which a mapper is killed. */
  spoolKills: 3,
  /** Times that one user logs in on 200 devices at once. */
  doubleLogins: 2,
  /** Times that a mapper, or the database server, is killed under a load of logins. */
  loginKills: 2,
  /** Arbitrary requests to the mapper, sensible and senseless. */
  radiusRequests: 500,
  /** Random decisions of a rate limit that are compared with a token bucket. */
  rateDecisions: 3_000,
  /** Decisions of each of eight processes on one key. */
  rateCalls: 200,
  /** Readings of a counter, without its lock, while another process changes it. */
  hotReadings: 60_000,
  /** Processes that send the same mutation, and edit the same resource. */
  mutationProcesses: 3,
  /** Statements of a mutation before which its process is killed. */
  mutationKills: 3,
  /** Looks that see a gateway at rest between two changes of a storm, and others that do not. */
  quietLooks: 4,
  /** Processes that read a catalogue while others refresh it, and how often each does. */
  cacheReaders: 4,
  cacheReads: 25,
  /** Refreshes that are ended by force, one after the other. */
  cacheForcedExits: 5,
  /** CAPTCHAs and refresh tokens that several processes want at once, one after the other. */
  storeRaces: 1,
  /** Processes that are killed at their work on the stores of CAPTCHAs and refresh tokens. */
  storeKillRounds: 2,
  /** Effects of a reset of stores at which its process is killed. */
  storeResetKills: 3,
  /** Decisions of each of eight processes beside a sweep. */
  storeDecisions: 25,
  /** Changes whose event is awaited, of another panel and of the own one. */
  feedEvents: 8,
  /** Arbitrary requests to the panel, made from its description, by an admin, two customers and nobody. */
  panelRequests: 400,
  /** Refreshes, logouts and new passwords of the panel that meet in two processes. */
  loginRaces: 2,
  /** Edits of each of two people at random, through the pages of the panel. */
  browserEdits: 6,
  /** Connections in the list that is scrolled. */
  listedConnections: 2_000,
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
  tornRounds: 1_000,
  streamMiB: 1_024,
  sessionProcesses: 16,
  sessionAcquisitions: 500,
  loginBatches: 500,
  sessionSequences: 2_000,
  connectionProcesses: 16,
  explainedConnections: 200_000,
  newsRounds: 2_000,
  serverKills: 50,
  hooksAtOnce: 1_000,
  hostileValues: 2_000,
  matrixSituations: Number.POSITIVE_INFINITY,
  matrixKernelSituations: Number.POSITIVE_INFINITY,
  matrixCrashes: Number.POSITIVE_INFINITY,
  matrixKernelCrashes: Number.POSITIVE_INFINITY,
  flaps: 5_000,
  kernelFlaps: 1_000,
  overlappingApplies: 200,
  appliesAgainstReconcile: 2_000,
  databaseRestarts: Number.POSITIVE_INFINITY,
  daemonTriggers: 400,
  daemonBurst: 2_000,
  nasSequences: 2_000,
  spoolKills: Number.POSITIVE_INFINITY,
  doubleLogins: 100,
  loginKills: 25,
  radiusRequests: 50_000,
  rateDecisions: 100_000,
  rateCalls: 5_000,
  hotReadings: 2_000_000,
  mutationProcesses: 8,
  mutationKills: Number.POSITIVE_INFINITY,
  quietLooks: 30,
  cacheReaders: 10,
  cacheReads: 100,
  cacheForcedExits: 1_000,
  storeRaces: 500,
  storeKillRounds: 500,
  storeResetKills: Number.POSITIVE_INFINITY,
  storeDecisions: 5_000,
  feedEvents: 200,
  panelRequests: 20_000,
  loginRaces: 200,
  browserEdits: 200,
  listedConnections: 50_000,
};

export const isSoak = process.env.HOLDFAST_COUNTS === 'soak';
export const counts: Readonly<Record<keyof typeof small, number>> = isSoak ? soak : small;

/** Ends what hangs, in milliseconds, and proves nothing: a machine may be slow, and a soak is long. */
export const hangMs = isSoak ? 3_600_000 : 240_000;
