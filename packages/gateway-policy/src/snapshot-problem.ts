/** One value of truth that cannot be turned into kernel state, named so that an operator finds its row. */

export interface SnapshotProblem {
  /** Id of the connection, null when the gateway row itself is meant. */
  readonly connection: number | null;
  readonly column: string;
  readonly value: unknown;
  /** What is wrong with the value, without a full stop. */
  readonly problem: string;
}

/** Collects problems: all of them are reported, not the first. */
export type ReportProblem = (problem: SnapshotProblem) => void;
