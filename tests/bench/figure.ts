/**
 * One line of a bench: a subject, what its peer needed in the same run, and the ratio. The ratio is what counts; the
 * absolute values say something about one machine only.
 */
import { ratioOf, type Spread, spreadOf } from './spread.ts';

export interface Target {
  readonly relation: '≤' | '≥';
  readonly limit: number;
}

export interface Figure {
  /** What was done, such as `uncontended` or `10 000 sessions, cold`. */
  readonly what: string;
  readonly subject: string;
  readonly unit: 'µs' | 'ms' | 'MB' | 'per s' | 'times';
  readonly value: Spread;
  readonly peer?: { readonly name: string; readonly value: Spread };
  /** Subject ÷ peer, round by round. */
  readonly ratio?: Spread;
  /** From the design; absent where a line is only there to be looked at. */
  readonly target?: Target & { readonly isMet: boolean };
}

export interface Comparison {
  readonly what: string;
  readonly unit: Figure['unit'];
  readonly subject: string;
  readonly peer: string;
  /** Of the ratio. */
  readonly target?: Target;
}

/** A figure out of the values of all contestants, by name, one per round. */
export function compare(values: ReadonlyMap<string, readonly number[]>, comparison: Comparison): Figure {
  const { what, unit, subject, peer, target } = comparison;
  const ours = values.get(subject) ?? [];
  const theirs = values.get(peer) ?? [];
  const ratio = ratioOf(ours, theirs);
  return {
    what,
    subject,
    unit,
    value: spreadOf(ours),
    peer: { name: peer, value: spreadOf(theirs) },
    ratio,
    ...(target === undefined ? {} : { target: judge(target, ratio.median) }),
  };
}

/** A figure that has a limit of its own and no peer. */
export function absolute(figure: Omit<Figure, 'target'> & { readonly target?: Target }): Figure {
  const { target, ...rest } = figure;
  return target === undefined ? rest : { ...rest, target: judge(target, figure.value.median) };
}

function judge(target: Target, median: number): Target & { readonly isMet: boolean } {
  return { ...target, isMet: target.relation === '≤' ? median <= target.limit : median >= target.limit };
}
