/** What a bench is to `main.ts`: a name, a sentence, and a run that ends with figures. */
import type { Figure } from './figure.ts';

export interface BenchContext {
  /** The big sizes too; the default run of a bench takes about a minute. */
  readonly isFull: boolean;
  /** Aborts on Ctrl-C and SIGTERM: what was made has to be removed and what was started to be ended. */
  readonly signal: AbortSignal;
  /** One line for a person who waits. Never part of the result. */
  readonly tell: (line: string) => void;
}

export type BenchResult =
  | {
      readonly kind: 'measured';
      readonly figures: readonly Figure[];
      /** What a reader has to know to judge the figures. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'skipped'; readonly because: string };

export interface Bench {
  readonly name: string;
  readonly describe: string;
  run(context: BenchContext): Promise<BenchResult>;
}
