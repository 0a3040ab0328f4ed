/** What the life of a connection depends on, as values: the part of its row that transitions read and write. */
import type { ConnectionStatus } from '../gateway-snapshot.ts';
import type { RestrictedReason } from '../tables.ts';

/** Times are milliseconds since the Unix epoch. */
export interface ConnectionState {
  readonly status: ConnectionStatus;
  readonly customerId: number | null;
  readonly claimedAt: number | null;
  /** Until then, and not at that moment any more, it may be used without a customer. */
  readonly unclaimedGraceUntil: number;
  /** When an admin reset the grace last. */
  readonly unclaimedGraceSetAt: number | null;
  /** Until then it can be claimed. */
  readonly claimDeadline: number;
  /** When an admin extended the deadline last. */
  readonly claimDeadlineSetAt: number | null;
  readonly restrictedReason: RestrictedReason | null;
}

/** The rows of the transition table. A DISABLED connection remembers whose it was: that is where it returns to. */
export const phases = ['PREPROVISIONED', 'CLAIMED', 'DISABLED, unclaimed', 'DISABLED, claimed'] as const;
export type Phase = (typeof phases)[number];

const dayMs = 86_400_000;
/** B055 §2.2: a new connection may be used for 30 days without a customer, and claimed for 180. */
export const graceMs = 30 * dayMs;
export const claimMs = 180 * dayMs;
/** The farthest an admin can move a date: further is a slip of the keyboard. */
export const longestMs = 3_650 * dayMs;

/** The beginning of every connection. */
export function provisioned(nowMs: number): ConnectionState {
  return {
    status: 'PREPROVISIONED',
    customerId: null,
    claimedAt: null,
    unclaimedGraceUntil: nowMs + graceMs,
    unclaimedGraceSetAt: null,
    claimDeadline: nowMs + claimMs,
    claimDeadlineSetAt: null,
    restrictedReason: null,
  };
}

export function phaseOf({ status, customerId }: Pick<ConnectionState, 'status' | 'customerId'>): Phase {
  if (status !== 'DISABLED') return status;
  return customerId === null ? 'DISABLED, unclaimed' : 'DISABLED, claimed';
}

/** The status a phase is stored as. */
export function statusIn(phase: Phase): ConnectionStatus {
  return phase === 'PREPROVISIONED' || phase === 'CLAIMED' ? phase : 'DISABLED';
}

/** Whether both say the same. */
export function isSameState(a: ConnectionState, b: ConnectionState): boolean {
  return (Object.keys(a) as (keyof ConnectionState)[]).every((field) => a[field] === b[field]);
}
