/** The settings of a running mapper as plain values, durations in milliseconds. */
import type { LockBackendName } from '@holdfast/host/config';

export interface MapperSettings {
  /** How long a lock waits for the Start of its session. */
  readonly pendingLeaseMs: number;
  /** How long a session lives after its last sign of life. */
  readonly sessionLeaseMs: number;
  /** Acct-Interim-Interval. */
  readonly interimMs: number;
  /** Session-Timeout; undefined for none. */
  readonly sessionTimeoutMs: number | undefined;
  /** Session-Timeout of a restricted session; undefined for the one of all. */
  readonly restrictedTimeoutMs: number | undefined;
  /** How long FreeRADIUS waits for an answer: its `timeout`. */
  readonly clientTimeoutMs: number;
  /** How many logins may wait for their turn. */
  readonly loginQueue: number;
  /** How many accounting events may wait on disk for truth; 100 000. */
  readonly spoolLimit?: number;
  /** How often the janitor comes by; 10 000. */
  readonly janitorIntervalMs?: number;
  /** Of the locks of background work, in the state directory. */
  readonly lockBackend: LockBackendName;
}
