/**
 * What a lock tells while somebody waits for it. The renderer for terminals is in `@holdfast/host/cli`; library use is
 * quiet. Every callback is optional and must not throw: it is called between the steps of an acquisition.
 */

/** Who holds or waits for a lock. Fields that the backend cannot know are absent. */
export interface LockParty {
  /** 0 when only its claim is known, not the process. */
  readonly pid: number;
  readonly host: string;
  /** What the holder said it does, or its command line. */
  readonly purpose?: string;
  /** For how long it has held or waited, in milliseconds. */
  readonly sinceMs?: number;
}

export interface LockReport {
  readonly holder?: LockParty;
  readonly waiters: readonly LockParty[];
}

export interface LockWait {
  readonly scope: string;
  readonly backend: string;
  /** Limit of this wait in milliseconds, `Infinity` for none. */
  readonly waitMs: number;
  readonly holder?: LockParty;
}

export interface LockObserver {
  /** The first try was refused; the wait begins. */
  waiting?(wait: LockWait): void;
  /** The lock was granted. `waitedMs` is 0 when the first try succeeded. */
  acquired?(event: { readonly scope: string; readonly backend: string; readonly waitedMs: number }): void;
  /** The wait ended without the lock. */
  gaveUp?(event: {
    readonly scope: string;
    readonly outcome: 'timeout' | 'cancelled';
    readonly waitedMs: number;
  }): void;
  /** The lock was given back. */
  released?(event: { readonly scope: string; readonly heldMs: number }): void;
  /** A hold was lost, or outlasted its deadline, while its work still ran; its signal has aborted with `reason`. */
  lost?(event: {
    readonly scope: string;
    readonly backend: string;
    readonly heldMs: number;
    readonly reason: unknown;
  }): void;
  /** The backend of choice does not work in this directory, and a weaker one is used instead. Told once per runner. */
  fallback?(event: {
    readonly directory: string;
    readonly backend: string;
    /** Why, for people: `the directory is on NFS`. */
    readonly reason: string;
  }): void;
}
