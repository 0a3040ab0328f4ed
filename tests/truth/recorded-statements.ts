/** A truth that writes down the statements that reach its database, so that they can be explained as they really are. */
import { Truth } from '@holdfast/truth-db';
import type { CompiledQuery, DatabaseConnection, Driver } from 'kysely';

export type Statement = Pick<CompiledQuery, 'sql' | 'parameters'>;

export interface RecordedTruth {
  /** On the database connection of the truth it was made from, which stays the one to be closed. */
  readonly truth: Truth;
  /** The statements of `act` in their order, with `begin`, `begin read only` and `commit` where its transactions do so. */
  during(act: () => Promise<unknown>): Promise<readonly Statement[]>;
}

export function recordStatements(original: Truth): RecordedTruth {
  const { kysely, ...dialect } = original.dialect;
  const statements: Statement[] = [];
  const truth = new Truth({
    ...dialect,
    kysely: {
      createAdapter: () => kysely.createAdapter(),
      createIntrospector: (db) => kysely.createIntrospector(db),
      createQueryCompiler: () => kysely.createQueryCompiler(),
      createDriver: () => watched(kysely.createDriver(), statements),
    },
  });
  return {
    truth,
    during: async (act) => {
      statements.length = 0;
      await act();
      return statements.slice();
    },
  };
}

/** The driver itself with two of its methods replaced: it has to get back the very connections it gave out. */
function watched(driver: Driver, statements: Statement[]): Driver {
  const acquire = driver.acquireConnection.bind(driver);
  const begin = driver.beginTransaction.bind(driver);
  const commit = driver.commitTransaction.bind(driver);
  const mark = (sql: string) => statements.push({ sql, parameters: [] });
  const seen = new WeakSet<DatabaseConnection>();
  driver.acquireConnection = async (...args) => {
    const connection = await acquire(...args);
    if (seen.has(connection)) return connection;
    seen.add(connection);
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = (query, ...rest) => {
      statements.push(...apart(query));
      return execute(query, ...rest);
    };
    return connection;
  };
  driver.beginTransaction = (connection, settings) => {
    mark(settings.accessMode === 'read only' ? 'begin read only' : 'begin');
    return begin(connection, settings);
  };
  driver.commitTransaction = (connection) => {
    mark('commit');
    return commit(connection);
  };
  return driver;
}

/** What goes to a server in one packet, statement by statement: each has as many of the parameters as it has places. */
function apart({ sql, parameters }: Statement): readonly Statement[] {
  if (!sql.includes(';')) return [{ sql, parameters }];
  let from = 0;
  return sql.split(';').map((text) => {
    const to = from + text.split('?').length - 1;
    const own = parameters.slice(from, to);
    from = to;
    return { sql: text, parameters: own };
  });
}
