/** Locks of a MySQL or MariaDB server. Needs the optional peer `mysql2`. */
export { type MysqlBackendOptions, mysqlBackend } from './mysql/mysql-backend.ts';
export type { MysqlConnect } from './mysql/mysql-endpoint.ts';
export { mysqlLockName } from './mysql/mysql-lock-name.ts';
export { createLockTable } from './mysql/mysql-lock-row.ts';
