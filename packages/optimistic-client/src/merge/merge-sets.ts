/** Three sets into one: what either side added is in it, what either removed is not. No two changes of a set exclude each other. */
import { canonicalScalar } from '../equality/canonical.ts';
import type { Json } from '../record/json.ts';
import type { Scalar } from './record-schema.ts';

export interface ThreeLists {
  readonly base: readonly Json[];
  readonly mine: readonly Json[];
  readonly theirs: readonly Json[];
}

/** In their order, then what I added in mine. */
export function mergeSets(of: Scalar, { base, mine, theirs }: ThreeLists): readonly Json[] {
  const textOf = (value: Json) => canonicalScalar(of, value);
  const [inBase, inMine, inTheirs] = [base, mine, theirs].map((values) => new Set(values.map(textOf)));
  const kept = theirs.filter((value) => !inBase?.has(textOf(value)) || inMine?.has(textOf(value)));
  const added = mine.filter((value) => !inBase?.has(textOf(value)) && !inTheirs?.has(textOf(value)));
  return [...kept, ...added];
}
