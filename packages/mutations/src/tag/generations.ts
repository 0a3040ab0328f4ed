/**
 * Generations of tags: a number that grows with every change of what has the tag. It is counted in the transaction of the
 * change, so there is no moment in which one is committed and the other is not, and read from the database, so that the
 * changes of other processes count too. A counter and no time: a clock that is set back would lose changes.
 */
import {
  type EngineSql,
  type Statement,
  statement,
  type Truth,
  type TruthTransaction,
} from '@holdfast/truth-db';
import { type RawBuilder, sql } from 'kysely';

/**
 * Counts each of `tags`, in one statement and in their order: two transactions that count the same ones cannot wait for each
 * other. Call it late, what is counted stays locked until the commit.
 */
export async function bumpTags(trx: TruthTransaction, tags: Iterable<string>): Promise<void> {
  const sorted = [...new Set(tags)].toSorted();
  if (sorted.length > 0) await bump(sorted.length)(trx, sorted);
}

/** @returns generation by tag; of a tag that was never counted, 0 */
export async function readGenerations(
  db: Truth['db'],
  tags: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const generations = new Map(tags.map((tag) => [tag, 0]));
  if (tags.length === 0) return generations;
  const { rows } = await read(tags.length)(db, tags);
  for (const { tag, generation } of rows) generations.set(tag, generation);
  return generations;
}

const bump = byLength<unknown>(
  (engine, length) => sql`
    insert into tag_generations (tag, generation)
    values ${sql.join(Array.from({ length }, () => sql`(${null}, 1)`))}
    ${engine.onDuplicate('tag')} generation = tag_generations.generation + 1`,
);
const read = byLength<{ tag: string; generation: number }>(
  (_engine, length) => sql`
    select tag, generation from tag_generations
    where tag in (${sql.join(Array.from({ length }, () => null))})`,
);

/** Statements whose text depends on a number of parameters, each put together once. */
function byLength<Row>(
  build: (engine: EngineSql, length: number) => RawBuilder<Row>,
): (length: number) => Statement<Row> {
  const statements = new Map<number, Statement<Row>>();
  return (length) => {
    const known = statements.get(length) ?? statement((engine) => build(engine, length));
    statements.set(length, known);
    return known;
  };
}
