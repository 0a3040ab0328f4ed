/** MariaDB on a private server that flushes at each commit, by `@holdfast/truth-db` and by bare mysql2. */
import { migrate, openTruth } from '@holdfast/truth-db';
import { type Connection, createConnection } from 'mysql2/promise';
import { type MariadbServer, startMariadbServer } from '../../support/mariadb-server.ts';
import { truthUrl } from '../../support/mariadb-truth.ts';
import { isMissing } from '../../support/needs.ts';
import type { Statement } from '../../truth/recorded-statements.ts';
import type { BareConnection, TruthEngine } from './truth-engine.ts';

/** A server that is not installed is left out. */
export async function mariadbEngine(): Promise<TruthEngine | undefined> {
  if (isMissing('mariadb')) return undefined;
  const server = await startMariadbServer({ isDurable: true, args: ['--innodb-buffer-pool-size=512M'] });
  const truth = openTruth(truthUrl(server));
  await migrate(truth);
  return {
    name: 'MariaDB',
    bareName: 'mysql2',
    truth,
    isConcurrent: true,
    openBare: () => openBare(server),
    [Symbol.asyncDispose]: async () => {
      await truth.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const begins: Readonly<Record<string, readonly string[]>> = {
  begin: ['start transaction'],
  'begin read only': [
    'set transaction isolation level repeatable read',
    'start transaction with consistent snapshot, read only',
  ],
};

async function openBare({ connection }: MariadbServer): Promise<BareConnection> {
  const bare = await createConnection({ ...connection, charset: 'utf8mb4_bin', dateStrings: true });
  await bare.query(`set sql_mode = concat(@@sql_mode, ',ANSI_QUOTES,PIPES_AS_CONCAT'),
    tx_isolation = 'READ-COMMITTED', collation_connection = 'utf8mb4_nopad_bin', time_zone = '+00:00'`);
  return {
    run: (statements) => runAll(bare, statements),
    [Symbol.asyncDispose]: () => bare.end(),
  };
}

async function runAll(bare: Connection, statements: readonly Statement[]): Promise<void> {
  for (const { sql, parameters } of statements) {
    for (const text of begins[sql] ?? [sql]) await bare.query(text, parameters.map(databaseTime));
  }
}

/** Times as the server takes them, as our driver translates them. */
function databaseTime(value: unknown): unknown {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)
    ? `${value.slice(0, 10)} ${value.slice(11, 23)}`
    : value;
}
