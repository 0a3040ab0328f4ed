/** A database with truth in it: through our package, and with bare hands. */
import type { Truth } from '@holdfast/truth-db';
import type { Statement } from '../../truth/recorded-statements.ts';

/** Statements on the plain driver: prepared once, their rows read, nothing else done. */
export interface BareConnection extends AsyncDisposable {
  run(statements: readonly Statement[]): Promise<void> | void;
}

export interface TruthEngine extends AsyncDisposable {
  readonly name: string;
  /** What the peer is called. */
  readonly bareName: string;
  readonly truth: Truth;
  /** Whether several transactions can be under way at once. */
  readonly isConcurrent: boolean;
  /** One that nobody else uses. */
  openBare(): Promise<BareConnection>;
}
