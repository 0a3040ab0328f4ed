/** A private MariaDB on which processes lock, and what its administrator sees of one lock. */
import { setImmediate as turn } from 'node:timers/promises';
import { mysqlLockName } from '@holdfast/lock-runner/mysql';
import { type Connection, createConnection } from 'mysql2/promise';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import type { ChildBackend } from './child-backend.ts';
import type { LockService } from './lock-service.ts';

export class MysqlService implements LockService {
  readonly #server: MariadbServer;
  readonly #admin: Connection;

  private constructor(server: MariadbServer, admin: Connection) {
    this.#server = server;
    this.#admin = admin;
  }

  static async open(): Promise<MysqlService> {
    const server = await startMariadbServer();
    return new MysqlService(server, await createConnection(server.connection));
  }

  backend(leaseMs = 15_000): ChildBackend {
    return { kind: 'mysql', connection: this.#server.connection, leaseMs };
  }

  async forget(): Promise<void> {
    await this.#admin.query('DROP TABLE IF EXISTS holdfast_locks');
  }

  async traces(): Promise<readonly string[]> {
    return [];
  }

  /** The connection that has the lock. */
  async ownerOf(scope: string): Promise<number | undefined> {
    const sql = `SELECT IS_USED_LOCK('${mysqlLockName('holdfast', scope)}')`;
    const [rows] = await this.#admin.query({ sql, rowsAsArray: true });
    const id = (rows as unknown as unknown[][])[0]?.[0] ?? null;
    return id === null ? undefined : Number(id);
  }

  /** Resolves when the server has taken the lock from it. */
  async endConnectionOfOwner(scope: string): Promise<void> {
    const id = await this.ownerOf(scope);
    await this.#admin.query(`KILL ${id}`);
    while ((await this.ownerOf(scope)) === id) await turn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.end();
    await this.#server[Symbol.asyncDispose]();
  }
}
