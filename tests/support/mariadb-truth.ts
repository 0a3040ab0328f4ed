/** Truth on a private MariaDB: each test a database of its own, on one server. */
import { createConnection } from 'mysql2/promise';
import type { MariadbServer } from './mariadb-server.ts';

let made = 0;

/** Creates an empty database. @returns its URL for `openTruth`, as the account root over the socket */
export async function emptyDatabase(server: MariadbServer): Promise<string> {
  made += 1;
  const name = `truth_${process.pid}_${made}`;
  const connection = await createConnection(server.connection);
  try {
    await connection.query(`create database ${name}`);
  } finally {
    await connection.end();
  }
  return truthUrl(server, name);
}

export function truthUrl(server: MariadbServer, database = 'holdfast', options = ''): string {
  return `mysql://root@localhost/${database}?socket=${encodeURIComponent(server.socketPath)}${options}`;
}
