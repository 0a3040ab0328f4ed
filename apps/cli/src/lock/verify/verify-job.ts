/** What one process of `lock verify` is told, and what it says. */
import type { LockBackendName } from '@holdfast/host/config';

export interface VerifyJob {
  readonly worker: number;
  readonly directory: string;
  readonly backend: LockBackendName;
  /** Where all of them append when their holds begin and end. */
  readonly log: string;
  /** A number that each hold reads, and writes back increased by one. */
  readonly counter: string;
  readonly rounds: number;
  readonly seconds: number;
}

export interface WorkerResult {
  readonly holds: number;
  readonly longestWaitMs: number;
}

/** The lines of a worker: `ready`, then the second when it is told to go and has done its part, or the third. */
export type WorkerLine =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: WorkerResult }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export const verifyScope = 'verify';

/** A process that is not served for so long is starved. */
export const verifyPatienceMs = 30_000;
