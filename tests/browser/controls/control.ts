/**
 * A control of the cases in the browser: a guard that is broken on purpose, and the tests that have to say so. A test that stays green
 * without its guard does not hold it.
 */

export interface Edit {
  /** In the repository. */
  readonly path: string;
  /** Occurs in it exactly once. */
  readonly text: string;
  readonly instead: string;
}

/** Titles of tests as they are run, by the name of their file: `conflict` is `tests/browser/conflict.test.ts`. */
export type TestsByFile = { readonly [file: string]: readonly string[] };

export interface Control {
  readonly name: string;
  /** What the edits do, in a sentence. */
  readonly broken: string;
  /** What is built with the edits: the pages, or the panel. */
  readonly side: 'site' | 'panel';
  /** One; more where as many guards hold the same. */
  readonly edits: readonly Edit[];
  /** Each of them has to fail. */
  readonly red: TestsByFile;
  /** Has to pass, or the build is broken altogether; `usuallyGreen` by default. */
  readonly green?: TestsByFile;
}

/** A connection that is edited by one person alone. */
export const usuallyGreen: TestsByFile = {
  conflict: [
    'is saved at once when nobody else changed it, and the next save of the same form is no conflict',
  ],
};

export function fileOf(name: string): string {
  return `tests/browser/${name}.test.ts`;
}
