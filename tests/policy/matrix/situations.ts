/** Which situations of a table are run: all of them in a soak, else so many that every pair of their parts comes together. */
import { isSoak } from '../../support/counts.ts';
import { type RegressionRow, rowFor } from './regression-table.ts';
import type { Step } from './stepped-run.ts';
import { type MatrixKind, matrixKinds } from './trigger-kinds.ts';

export interface ExpectedSituation {
  readonly row: RegressionRow;
  readonly runs: readonly [MatrixKind, ...MatrixKind[]];
  readonly step: Step;
}

const kinds = Object.keys(matrixKinds) as MatrixKind[];

/** @throws Error - no row, or more than one, speaks for a situation */
export function situationsOf(
  rows: readonly RegressionRow[],
  steps: readonly Step[],
  others: 1 | 2,
): readonly ExpectedSituation[] {
  const companies: MatrixKind[][] =
    others === 1
      ? kinds.map((kind) => [kind])
      : kinds.flatMap((second) => kinds.map((third) => [second, third]));
  return kinds.flatMap((first) =>
    steps.flatMap((step) =>
      companies.map((company) => {
        const runs = [first, ...company] as const;
        return { row: rowFor(rows, runs, step), runs, step };
      }),
    ),
  );
}

/**
 * Each row at each of its steps, and each two of first, second, third and step together. Which ones depends on the seed.
 *
 * @param most - how many at most; the rows come first
 */
export function chosen(
  situations: readonly ExpectedSituation[],
  seed: number,
  most = Number.POSITIVE_INFINITY,
): readonly ExpectedSituation[] {
  if (isSoak) return situations;
  const random = randomOf(seed);
  const shuffled = situations
    .map((situation) => ({ situation, place: random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ situation }) => situation);
  const seen = new Set<string>();
  const isNew =
    (of: (situation: ExpectedSituation) => readonly string[]) => (situation: ExpectedSituation) => {
      const news = of(situation).filter((fact) => !seen.has(fact));
      for (const fact of news) seen.add(fact);
      return news.length > 0;
    };
  const rowAndStep = ({ row, step }: ExpectedSituation) => [row.name, `${row.name} ${step}`];
  const byRow = shuffled.filter(({ row }) => !seen.has(row.name) && seen.add(row.name));
  for (const fact of byRow.flatMap(rowAndStep)) seen.add(fact);
  const byStep = shuffled.filter(isNew(rowAndStep));
  const byPair = shuffled.filter(isNew(pairsOf));
  return [...new Set([...byRow, ...byStep, ...byPair])].slice(0, most);
}

function pairsOf({ runs, step }: ExpectedSituation): readonly string[] {
  const parts = [...runs, step].map((part, place) => `${place} ${part}`);
  return parts.flatMap((part, place) => parts.slice(place + 1).map((other) => `${part}, ${other}`));
}

/** Numbers in [0, 1). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The seed of this process, printed once. */
export const matrixSeed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000);
process.stderr.write(`seed ${matrixSeed}\n`);
