/**
 * The name of a scope for GET_LOCK: at most 64 characters, which is all that MySQL takes, and in one case only, because
 * MariaDB folds it. Names belong to the whole server, generations to a database: so the database is part of the name, and
 * two databases on one server do not lock each other out.
 */
import { hash } from 'node:crypto';

/** Of 256 bits so many hexadecimal digits fit beside the prefix. */
const digestLength = 48;

/** The name under which another program can take or see the same lock. */
export function mysqlLockName(database: string, scope: string): string {
  // Servers that fold the case of database names tell them as they were asked for.
  return `holdfast:${hash('sha256', `${database.toLowerCase()}\0${scope}`, 'hex').slice(0, digestLength)}`;
}
