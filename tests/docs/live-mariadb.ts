/** The schema of a MariaDB database that was just migrated, read back from the server. */
import { migrate, openTruth } from '@holdfast/truth-db';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { startMariadbServer } from '../support/mariadb-server.ts';
import { truthUrl } from '../support/mariadb-truth.ts';

export interface MariadbTable {
  /** Column → type as the server spells it. */
  readonly types: Readonly<Record<string, string>>;
  /** Column → may it be NULL. */
  readonly isNullable: Readonly<Record<string, boolean>>;
  /** Index → its columns; the primary key is `PRIMARY`. */
  readonly indexes: Readonly<
    Record<string, { readonly isUnique: boolean; readonly columns: readonly string[] }>
  >;
  /** Column → `table.column`. */
  readonly references: Readonly<Record<string, string>>;
  /** Names of its checks; one on a single column bears the name of the column. */
  readonly checks: readonly string[];
  readonly engine: string;
  readonly collation: string;
}

/** Migrates a new database of a private server and reads it back: by table. */
export async function liveMariadb(): Promise<Readonly<Record<string, MariadbTable>>> {
  await using server = await startMariadbServer();
  {
    await using truth = openTruth(truthUrl(server));
    await migrate(truth);
  }
  const connection = await createConnection(server.connection);
  try {
    const rows = async (sql: string) => (await connection.query<RowDataPacket[]>(sql))[0];
    const from = (view: string) => `from information_schema.${view} where table_schema = database()`;
    const tables = await rows(`select table_name t, engine e, table_collation c ${from('tables')}`);
    const columns = await rows(
      `select table_name t, column_name c, column_type y, is_nullable n ${from('columns')} order by ordinal_position`,
    );
    const indexes = await rows(
      `select table_name t, index_name i, column_name c, non_unique n ${from('statistics')} order by seq_in_index`,
    );
    const references = await rows(
      `select table_name t, column_name c, concat(referenced_table_name, '.', referenced_column_name) r ${from('key_column_usage')} and referenced_table_name is not null`,
    );
    const checks = await rows(
      `select table_name t, constraint_name c from information_schema.check_constraints where constraint_schema = database()`,
    );
    return Object.fromEntries(
      tables.map(({ t, e, c }) => {
        const own = (all: RowDataPacket[]) => all.filter((row) => row.t === t);
        return [
          t,
          {
            engine: e,
            collation: c,
            types: Object.fromEntries(own(columns).map((row) => [row.c, row.y])),
            isNullable: Object.fromEntries(own(columns).map((row) => [row.c, row.n === 'YES'])),
            references: Object.fromEntries(own(references).map((row) => [row.c, row.r])),
            checks: own(checks).map((row) => row.c),
            indexes: indexesOf(own(indexes)),
          },
        ];
      }),
    );
  } finally {
    await connection.end();
  }
}

function indexesOf(rows: readonly RowDataPacket[]): MariadbTable['indexes'] {
  const names = [...new Set(rows.map((row) => String(row.i)))];
  return Object.fromEntries(
    names.map((name) => {
      const parts = rows.filter((row) => row.i === name);
      return [name, { isUnique: parts[0]?.n === 0, columns: parts.map((row) => String(row.c)) }];
    }),
  );
}
