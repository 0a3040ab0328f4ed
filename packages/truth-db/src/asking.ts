/**
 * What is asked of a database, statement by statement, without saying who asks it. A caller that records a trigger and
 * waits has no use for a query builder, and loading one takes it longer than all its statements; a transaction that changes
 * truth has one at hand. Both do the same thing, so it is written once, as a generator that yields a statement and goes on
 * with its rows, and each of them drives it: `askKysely`, `CallerTruth`.
 */
import type { Bindable } from './bindable.ts';

export interface AskedStatement {
  /** In the SQL that all databases share, with `?` for each parameter. */
  readonly text: string;
  readonly parameters: readonly Bindable[];
}

export type AskedRow = Readonly<Record<string, string | number | null>>;

/** Yields statements, each going on with the rows of the last one, and ends with what they came to. */
export type Asking<Result> = Generator<AskedStatement, Result, readonly AskedRow[]>;
