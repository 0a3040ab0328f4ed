/** What the contract has to know of a backend to ask everything of it. */
import type { LockMode } from '@holdfast/base';
import type { LockBackendChoice } from '../../choose-backend.ts';

export interface LockContractSubject {
  /** Its name, as holds tell it. */
  readonly backend: string;
  /** As `LockRunner` takes it. */
  readonly choice: LockBackendChoice;
  /** What it gives; what it does not give it has to refuse. */
  readonly modes: readonly LockMode[];
  /**
   * Takes the lock of `scope` behind the runner's back, as another process would; undefined when it is not free. Absent
   * where nobody outside the process can.
   */
  readonly takeFromOutside?: (
    directory: string,
    scope: string,
  ) => Outsider | undefined | Promise<Outsider | undefined>;
  /** Whether it says once that the lock directory is gone, before it makes it again; default false. */
  readonly missesDirectory?: boolean;
  /** Runs of the random interleavings. */
  readonly randomRuns: number;
}

/** Somebody outside the runner who holds the lock. */
export interface Outsider {
  giveBack(): void | Promise<void>;
}
