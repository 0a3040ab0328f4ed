/** Locks of a MySQL or MariaDB server. Needs the optional peer `mysql2`. */
export { type MysqlBackendOptions, mysqlBackend } from './mysql-backend.ts';
export type { MysqlConnect } from './mysql-endpoint.ts';
export { mysqlLockName } from './mysql-lock-name.ts';
export { createLockTable } from './mysql-lock-row.ts';
