/** What a cycle tells its caller. */
export interface CycleReport<Desired, Changes> {
  readonly outcome: 'applied' | 'unchanged' | 'pending' | 'joined' | 'kept';
  /** The recorded trigger, absent for a check, a dry run, and a trigger that needs no ticket. */
  readonly ticket?: number;
  /** Newest trigger that is live now, when this run knows. */
  readonly covered?: number;
  readonly rolledForward: boolean;
  /** What truth wants, when it was read. */
  readonly desired?: Desired;
  /** What differed from it when the lock was taken. */
  readonly changes?: Changes;
  readonly waitedMs: number;
  readonly backend?: string;
  /** How often the lock was given up between two parts, for somebody who waited. */
  readonly yields: number;
}
