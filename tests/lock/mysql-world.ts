/** A private server with a lock on it: runners of several hosts and processes, other programs, and what the server sees. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LockRunner } from '@holdfast/lock-runner';
import { type MysqlBackendOptions, mysqlBackend, mysqlLockName } from '@holdfast/lock-runner/mysql';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { until } from '../../packages/lock-runner/src/testing/until.ts';
import {
  type MariadbServer,
  type MariadbServerOptions,
  startMariadbServer,
} from '../support/mariadb-server.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

export const scope = 'policy:gw1';
export const lockName = mysqlLockName('holdfast', scope);
export const forever = { waitMs: Number.POSITIVE_INFINITY };

export interface RunnerOptions extends Partial<MysqlBackendOptions> {
  /** Runners with different ones know of each other through the server alone, as processes do. Default `one`. */
  readonly process?: string;
  /** Makes its connections. */
  readonly connect?: () => Promise<Connection>;
}

export class MysqlWorld implements AsyncDisposable {
  readonly server: MariadbServer;
  /** Sees everything and is not counted. */
  admin: Connection;
  #base: TemporaryDirectory;
  #runners: LockRunner[] = [];
  #opened: Connection[] = [];

  private constructor(server: MariadbServer, admin: Connection, base: TemporaryDirectory) {
    this.server = server;
    this.admin = admin;
    this.#base = base;
  }

  static async start(options: MariadbServerOptions = {}): Promise<MysqlWorld> {
    const server = await startMariadbServer(options);
    return new MysqlWorld(server, await connectAdmin(server), await temporaryDirectory());
  }

  /** Of the runners: generations that this host has seen. Gone after each test. */
  get directory(): string {
    const directory = join(this.#base.path, 'host');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return directory;
  }

  createRunner({ process = 'one', connect, ...options }: RunnerOptions = {}): LockRunner {
    const made = connect ?? (() => createConnection(this.server.connection));
    const backend = mysqlBackend({ connection: { name: process, connect: made }, ...options });
    const runner = new LockRunner({ directory: this.directory, backend });
    this.#runners.push(runner);
    return runner;
  }

  async open(options: ConnectionOptions = {}): Promise<Connection> {
    const connection = await createConnection({ ...this.server.connection, ...options });
    connection.on('error', () => undefined);
    this.#opened.push(connection);
    return connection;
  }

  /** The first column. */
  async ask(sql: string, connection: Connection = this.admin): Promise<readonly unknown[]> {
    const [rows] = await connection.query({ sql, rowsAsArray: true });
    return (rows as unknown as unknown[][]).map(([value]) => value);
  }

  /** Takes the lock as a program does that knows nothing of us. */
  async takeOutside(name: string = lockName): Promise<{ giveBack(): Promise<void> }> {
    const connection = await this.open();
    const [answer] = await this.ask(`SELECT GET_LOCK('${name}', 0)`, connection);
    if (answer !== 1) throw new Error(`GET_LOCK said ${answer}`);
    return {
      giveBack: async () => {
        await this.ask(`SELECT RELEASE_LOCK('${name}')`, connection);
      },
    };
  }

  /** The connection that has the lock; null for none. */
  async owner(): Promise<unknown> {
    return (await this.ask(`SELECT IS_USED_LOCK('${lockName}')`))[0];
  }

  /** The connections that wait for any lock. */
  waiting(): Promise<readonly unknown[]> {
    return this.ask("SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'User lock'");
  }

  /** Every connection but the administrator's. */
  connections(): Promise<readonly unknown[]> {
    return this.ask(
      "SELECT ID FROM information_schema.PROCESSLIST WHERE ID != CONNECTION_ID() AND USER != 'system user'",
    );
  }

  async restart(): Promise<void> {
    this.admin.destroy();
    await this.server.start();
    this.admin = await connectAdmin(this.server);
  }

  /** After each test: no connection of the test's may remain, and no file. */
  async clear(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.close()));
    for (const connection of this.#opened) connection.destroy();
    this.#runners = [];
    this.#opened = [];
    await until(async () => (await this.connections()).length === 0);
    await this.admin.query('DROP TABLE IF EXISTS holdfast_locks');
    await this.#base[Symbol.asyncDispose]();
    this.#base = await temporaryDirectory();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.admin.end();
    await this.server[Symbol.asyncDispose]();
    await this.#base[Symbol.asyncDispose]();
  }
}

async function connectAdmin(server: MariadbServer): Promise<Connection> {
  const admin = await createConnection(server.connection);
  admin.on('error', () => undefined); // the server may be killed
  await admin.query('SET SESSION autocommit = 1, max_statement_time = 0, wait_timeout = 28800');
  return admin;
}
