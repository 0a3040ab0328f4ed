/** What a look at one part of the cache found. */
import { HoldfastError } from '@holdfast/base';

export interface Finding {
  /** Of the part. */
  readonly name: string;
  readonly verdict: 'ok' | 'warn' | 'fail';
  /** One line. */
  readonly found: string;
  /** What to do; of whatever is not as it should be. */
  readonly hint?: string;
}

export function ok(name: string, found: string): Finding {
  return { name, verdict: 'ok', found };
}

export function warning(name: string, found: string, hint: string): Finding {
  return { name, verdict: 'warn', found, hint };
}

export function failed(name: string, found: string, hint: string): Finding {
  return { name, verdict: 'fail', found, hint };
}

/** What all of them come to; undefined when nothing failed. */
export function failureOf(findings: readonly Finding[]): HoldfastError | undefined {
  const wrong = findings.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name);
  if (wrong.length === 0) return undefined;
  return new HoldfastError(
    'SETUP_UNUSABLE',
    `${wrong.length} of ${findings.length} findings are failures: ${wrong.join(', ')}`,
    {
      details: { failed: wrong },
    },
  );
}
