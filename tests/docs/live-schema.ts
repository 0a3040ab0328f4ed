/** The schema of a SQLite database that was just migrated, read back, and beside MariaDB's as the Markdown of `docs/schema.md`. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate, openTruth } from '@holdfast/truth-db';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { MariadbTable } from './live-mariadb.ts';
import { cellOf } from './markdown.ts';

/** The form of a stored time, as the migrations check it. */
const timePattern =
  '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z';

export interface LiveColumn {
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly defaultTo: string | null;
  /** Place in the primary key from 1, 0 for a column outside it. */
  readonly keyPlace: number;
}

export interface LiveIndex {
  readonly name: string;
  readonly isUnique: boolean;
  readonly columns: readonly string[];
}

export interface LiveTable {
  readonly name: string;
  readonly columns: readonly LiveColumn[];
  readonly indexes: readonly LiveIndex[];
  /** Column → `table.column`. */
  readonly references: Readonly<Record<string, string>>;
  /** Conditions on single columns by column name, on the whole row by constraint name. */
  readonly checks: Readonly<Record<string, string>>;
  /** Refuses values of another type than the column's. */
  readonly isStrict: boolean;
  /** Its key is counted up and never given out again. */
  readonly isCounted: boolean;
}

/** Migrates a new SQLite database and reads it back. */
export async function liveSchema(): Promise<readonly LiveTable[]> {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'truth.sqlite');
  const truth = openTruth(`sqlite:${path}`);
  await migrate(truth);
  await truth.close();
  using database = new DatabaseSync(path, { readOnly: true });
  const tables = rowsOf(
    database,
    `select name, sql from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by rowid`,
  );
  return tables.map(({ name, sql }) => readTable(database, String(name), String(sql)));
}

/** The generated part of `docs/schema.md`. */
export function schemaMarkdown(
  tables: readonly LiveTable[],
  mariadb: Readonly<Record<string, MariadbTable>>,
): string {
  return tables.map((table) => tableMarkdown(table, mariadb[table.name]?.types ?? {})).join('\n');
}

function readTable(database: DatabaseSync, name: string, createSql: string): LiveTable {
  const columns = rowsOf(database, 'select * from pragma_table_info(?) order by cid', name);
  const indexes = rowsOf(
    database,
    `select l.name, l."unique", (select group_concat(i.name order by i.seqno) from pragma_index_info(l.name) i) as columns
     from pragma_index_list(?) l where l.origin = 'c' order by l.name`,
    name,
  );
  const references = rowsOf(database, 'select * from pragma_foreign_key_list(?) order by "from"', name);
  return {
    name,
    columns: columns.map((row) => ({
      name: String(row.name),
      type: String(row.type),
      isNullable: row.notnull === 0,
      defaultTo: row.dflt_value === null ? null : String(row.dflt_value),
      keyPlace: Number(row.pk),
    })),
    indexes: indexes.map((row) => ({
      name: String(row.name),
      isUnique: row.unique === 1,
      columns: String(row.columns).split(','),
    })),
    references: Object.fromEntries(references.map((row) => [String(row.from), `${row.table}.${row.to}`])),
    checks: checksOf(createSql),
    isStrict: /\)\s*strict$/i.test(createSql),
    isCounted: /\bautoincrement\b/i.test(createSql),
  };
}

function rowsOf(database: DatabaseSync, sql: string, ...parameters: readonly string[]) {
  return database.prepare(sql).all(...parameters);
}

/** SQLite has no pragma for CHECK: the conditions stand in the text of CREATE TABLE only. */
function checksOf(createSql: string): Readonly<Record<string, string>> {
  const body = createSql.slice(createSql.indexOf('(') + 1, createSql.lastIndexOf(')'));
  const checks: Record<string, string> = {};
  for (const part of splitAtCommas(body)) {
    const [, name, condition] = /^\s*(?:constraint\s+)?"(\w+)".*?\bcheck \((.*)\)\s*$/is.exec(part) ?? [];
    if (name !== undefined && condition !== undefined) checks[name] = condition.replaceAll('"', '');
  }
  return checks;
}

function splitAtCommas(text: string): readonly string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const [token] of text.matchAll(/'[^']*'|[\s\S]/g)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}

function tableMarkdown(table: LiveTable, mariadbTypes: Readonly<Record<string, string>>): string {
  const { name, columns, indexes, checks } = table;
  const note = table.isStrict ? [] : ['Not STRICT.', ''];
  const lines = [
    `### ${name}`,
    '',
    ...note,
    '| column | SQLite | MariaDB | null | default | key | check |',
    '|---|---|---|---|---|---|---|',
  ];
  for (const column of columns) {
    const cells = [
      `\`${column.name}\``,
      column.type,
      mariadbTypes[column.name] ?? '',
      column.isNullable ? 'yes' : 'no',
      column.defaultTo ?? '',
      keyText(table, column),
      columnCheck(column.name, checks[column.name]),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  const rowChecks = Object.entries(checks).filter(([key]) => !columns.some((column) => column.name === key));
  if (indexes.length + rowChecks.length > 0) lines.push('', '| name | what | on |', '|---|---|---|');
  for (const { name: index, isUnique, columns: on } of indexes) {
    lines.push(
      `| \`${index}\` | ${isUnique ? 'unique' : 'index'} | ${on.map((each) => `\`${each}\``).join(', ')} |`,
    );
  }
  for (const [check, condition] of rowChecks) lines.push(`| \`${check}\` | check | ${codeText(condition)} |`);
  return `${lines.join('\n')}\n`;
}

function keyText({ columns, references, isCounted }: LiveTable, { name, keyPlace }: LiveColumn): string {
  const isCompound = columns.filter((column) => column.keyPlace > 0).length > 1;
  const primary =
    keyPlace === 0
      ? []
      : [isCompound ? `primary (${keyPlace})` : isCounted ? 'primary, counted up' : 'primary'];
  const to = references[name];
  return [...primary, ...(to === undefined ? [] : [`\`${to}\``])].join(', ');
}

/** The two conditions that most columns have are told in words. */
function columnCheck(column: string, condition: string | undefined): string {
  if (condition === undefined) return '';
  if (condition === `${column} glob '${timePattern}'`) return 'UTC time';
  const maxLength = condition.startsWith(`length(${column}) <= `) ? condition.split(' <= ')[1] : undefined;
  return maxLength === undefined ? codeText(condition) : `at most ${maxLength} characters`;
}

function codeText(text: string | undefined): string {
  return text === undefined ? '' : `\`${cellOf(text)}\``;
}
