/** The degraded mode of the shipped FreeRADIUS files on a private MariaDB: the account that their GRANTs describe. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { MariadbServer } from './mariadb-server.ts';
import { repository } from './repository.ts';

/** As the shipped files name it. */
export const radiusAccount = { user: 'holdfast_radius', password: 'a password of its own' } as const;
const grants = join(repository, 'apps/radius-mapper/raddb/holdfast/holdfast_sql.grants');

/** Makes the account, with its rights on `database`. */
export async function grantRadiusAccount(server: MariadbServer, database: string): Promise<void> {
  const text = readFileSync(grants, 'utf8')
    .replaceAll(/^--.*$/gm, '')
    .replaceAll(' on holdfast.', ` on ${database}.`);
  const connection = await createConnection(server.connection);
  try {
    for (const statement of text.split(';')) if (statement.trim() !== '') await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** For `edit` of `startFreeradiusServer`: the module speaks to that server, which has a port. */
export function speakTo(server: MariadbServer, database: string): (path: string, text: string) => string {
  return (path, text) => {
    if (path !== 'mods-available/holdfast_sql') return text;
    return text
      .replace('port = 3306', `port = ${server.port}`)
      .replace('radius_db = "holdfast"', `radius_db = "${database}"`);
  };
}
