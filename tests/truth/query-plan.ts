/** How an engine means to find the rows of a statement, in the few words that a test needs. */
import type { Truth } from '@holdfast/truth-db';
import { CompiledQuery } from 'kysely';
import type { Statement } from './recorded-statements.ts';

export interface QueryPlan {
  /** One for each table of the statement that grows with the connections, as `name or alias: index`. */
  readonly steps: readonly string[];
  /** What reads a whole table or index, or sorts by hand; empty when all is well. */
  readonly complaints: readonly string[];
}

/**
 * Three have a row per gateway: reading them whole costs nothing, and an engine may find that cheaper. `u` is the one
 * customer of a connection, by its key, which an engine leaves out of the plan when there is none.
 */
const smallTables = ['gateways', 'gateway_state', 'trigger_counters', 'u'];

/** The plans of those `statements` that look for rows. */
export async function plansOf(truth: Truth, statements: readonly Statement[]): Promise<QueryPlan> {
  const explain = truth.dialect.engine === 'sqlite' ? explainSqlite : explainMysql;
  const plans: QueryPlan[] = [];
  for (const statement of statements) {
    if (/^\s*(?:select|update|delete)\b/i.test(statement.sql)) plans.push(await explain(truth, statement));
  }
  return {
    steps: [...new Set(plans.flatMap(({ steps }) => steps))].toSorted(),
    complaints: plans.flatMap(({ complaints }) => complaints),
  };
}

async function explainSqlite(truth: Truth, { sql, parameters }: Statement): Promise<QueryPlan> {
  const query = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
  const { rows } = await truth.db.executeQuery<{ detail: string }>(query);
  const steps: string[] = [];
  const complaints: string[] = [];
  for (const { detail } of rows) {
    const [, how, table = '', index] =
      /^(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?/.exec(detail) ?? [];
    if (/TEMP B-TREE/.test(detail)) complaints.push(`${detail}: ${sql.slice(0, 200)}`);
    if (how === undefined || table === 'CONSTANT' || smallTables.includes(table)) continue;
    if (how === 'SCAN') complaints.push(`${detail}: ${sql.slice(0, 200)}`);
    steps.push(
      `${table}: ${index === undefined || index.startsWith('sqlite_autoindex') ? 'PRIMARY' : index}`,
    );
  }
  return { steps, complaints };
}

interface MysqlStep {
  readonly table: string | null;
  readonly type: string | null;
  readonly key: string | null;
  readonly Extra: string | null;
}

async function explainMysql(truth: Truth, { sql, parameters }: Statement): Promise<QueryPlan> {
  const query = CompiledQuery.raw(`explain ${sql}`, [...parameters]);
  const { rows } = await truth.db.executeQuery<MysqlStep>(query);
  const steps: string[] = [];
  const complaints: string[] = [];
  for (const { table, type, key, Extra } of rows) {
    // Without a table the plan is the answer: the engine has looked already and found no row.
    if (table === null || smallTables.includes(table)) continue;
    const isWhole = type === 'ALL' || type === 'index';
    const isByHand = /filesort|temporary/i.test(Extra ?? '');
    if (isWhole || isByHand) complaints.push(`${table}, ${type}, ${key}, ${Extra}: ${sql.slice(0, 200)}`);
    steps.push(`${table}: ${key}`);
  }
  return { steps, complaints };
}
