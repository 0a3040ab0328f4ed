/** Which servers truth runs on. Older ones lack enforced CHECKs, atomic DDL, or a binary collation that does not pad. */
import { HoldfastError } from '@holdfast/base';

const oldest = { mariaDb: [10, 6, 0], mysql: [8, 0, 19] } as const;

/**
 * @param version - what `select version()` answers
 * @throws HoldfastError DATABASE_UNSUPPORTED - older than MariaDB 10.6 or MySQL 8.0.19
 */
export function requireSupported(version: string): { readonly isMariaDb: boolean } {
  const isMariaDb = /mariadb/i.test(version);
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const least = isMariaDb ? oldest.mariaDb : oldest.mysql;
  const place = least.findIndex((part, index) => part !== parts[index]);
  if (parts.length === 3 && (place === -1 || (parts[place] ?? 0) > (least[place] ?? 0))) return { isMariaDb };
  throw new HoldfastError(
    'DATABASE_UNSUPPORTED',
    `the database server is ${isMariaDb ? 'MariaDB' : 'MySQL'} ${parts.join('.')}`,
    { details: { version: version.slice(0, 40), isMariaDb } },
  );
}
