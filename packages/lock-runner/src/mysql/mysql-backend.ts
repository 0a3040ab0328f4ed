/**
 * A lock of a MySQL or MariaDB server: GET_LOCK on a connection of its own, which excludes everybody who asks the same
 * server for the same name. The server frees it when the connection ends, so a killed process frees it at once. A machine
 * that is gone without a word frees it when the server has heard nothing for the lease and five seconds more.
 *
 * What it does not promise:
 * - A lock is known to one server. The nodes of a Galera cluster do not share it and are refused (unless all clients are
 *   known to reach one node: `acceptCluster`), and a replica that is promoted starts without any.
 * - A connection can be lost while its holder lives. The hold is lost with it, and never taken again behind its back:
 *   there is no reconnecting. Through a proxy that spreads statements over connections no lock is granted at all.
 * - On this host a lost holder publishes nothing after its successor; over a network the generation has to be compared
 *   where the effect is.
 *
 * One connection holds one lock, so the server cannot find circles between them: limits end those.
 */
import { join, resolve } from 'node:path';
import type { Clock, LockGuarantee, LockReport } from '@holdfast/base';
import type { ConnectionOptions } from 'mysql2/promise';
import { lastFence } from '../directory/fence-file.ts';
import { prepareLockDirectory } from '../directory/lock-directory.ts';
import { Entrance, type GrantBeyond } from '../entrance.ts';
import { leaseInstant } from '../lease.ts';
import { requireLeaseLength } from '../lease-length.ts';
import type {
  Grant,
  LockBackend,
  LockBackendContext,
  LockBackendFactory,
  LockRequest,
} from '../lock-backend.ts';
import { lockFileName } from '../lock-name.ts';
import { lockReport } from '../lock-report.ts';
import { recordedGrant } from '../recorded-grant.ts';
import { endpointOf, type MysqlConnect, type MysqlEndpoint } from './mysql-endpoint.ts';
import { MysqlHold } from './mysql-hold.ts';
import { lockWaiters, strangerOf } from './mysql-lock.ts';
import { mysqlLockName } from './mysql-lock-name.ts';
import { claimLockRow, lockOwner } from './mysql-lock-row.ts';
import { serverError } from './mysql-server-error.ts';
import { MysqlSessions } from './mysql-sessions.ts';
import { type LockedSession, MysqlWait } from './mysql-wait.ts';

export interface MysqlBackendOptions {
  /**
   * Where the locks are: a URL such as `mysql://user:password@host/database`, mysql2's options, or what makes a connection.
   * It has to name a database: locks of different databases are different locks.
   */
  readonly connection: string | ConnectionOptions | MysqlConnect;
  /**
   * How long a holder goes without an answer of the server before it counts its lock as lost, in milliseconds. The server
   * is asked each third. Default 15 000, at least 1 000.
   */
  readonly leaseMs?: number;
  /** Uses a node of a Galera cluster: only right when every client of these locks reaches the same node. Default false. */
  readonly acceptCluster?: boolean;
}

const defaultLeaseMs = 15_000;
/** The server counts whole seconds of silence. */
const shortestLeaseMs = 1_000;
/** A server that needs longer for a statement that waits for nobody is taken for gone, in milliseconds. */
const longestAnswerMs = 10_000;
/** So long an answer is waited for whatever the wait limit is. */
const shortestAnswerMs = 1_000;

/**
 * Locks of a MySQL or MariaDB server, for `new LockRunner({ directory, backend: mysqlBackend({ connection }) })`. The
 * directory keeps the generations that this host has seen. Each hold and each wait takes one connection; call `close()` of
 * the runner to end those that are idle at once.
 *
 * @throws HoldfastError DURATION_INVALID, CONFIG_INVALID - a lease that is too short or too long, a URL that is none
 */
export function mysqlBackend(options: MysqlBackendOptions): LockBackendFactory {
  const { connection, leaseMs = defaultLeaseMs, acceptCluster = false } = options;
  requireLeaseLength(leaseMs, shortestLeaseMs);
  const endpoint = endpointOf(connection);
  return (context) => new MysqlBackend({ ...context, endpoint, leaseMs, acceptCluster });
}

interface Settings extends LockBackendContext {
  readonly endpoint: MysqlEndpoint;
  readonly leaseMs: number;
  readonly acceptCluster: boolean;
}

class MysqlBackend implements LockBackend {
  readonly name = 'mysql';
  readonly modes = ['exclusive'] as const;
  readonly guarantee: LockGuarantee = {
    scope: 'network',
    crashRelease: 'immediate',
    canBeLost: true,
    fenced: true,
    fair: true,
  };
  readonly #settings: Settings;
  readonly #where: string;
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #entrance: Entrance;
  readonly #sessions: MysqlSessions;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#where = settings.endpoint.where;
    this.#directory = resolve(settings.directory);
    this.#clock = settings.clock;
    this.#entrance = new Entrance({
      clock: settings.clock,
      prepare: () => prepareLockDirectory(this.#directory),
    });
    this.#sessions = new MysqlSessions(settings);
  }

  keyOf(scope: string): string {
    return `mysql:${this.#where}:${scope}`;
  }

  acquire(request: LockRequest): Promise<Grant | undefined> {
    const key = this.keyOf(request.scope);
    return this.#entrance.pass(key, request, (left, leftMs) => this.#seek(left, leftMs));
  }

  async who(scope: string): Promise<LockReport> {
    const queued = this.#entrance.waiters(this.keyOf(scope));
    const [owner, waiters] = await this.#sessions.using(longestAnswerMs, async (session) => {
      const name = mysqlLockName(session.database, scope);
      const owned = await lockOwner(session, name, longestAnswerMs);
      return [owned, await lockWaiters(session, name, longestAnswerMs)] as const;
    });
    const holder = owner && (owner.row ?? strangerOf(owner.connectionId));
    return lockReport(holder, [...waiters, ...queued]);
  }

  async close(): Promise<void> {
    await this.#sessions.close();
  }

  async #seek(request: LockRequest, leftMs: () => number): Promise<GrantBeyond | undefined> {
    const { leaseMs } = this.#settings;
    const patienceMs = Math.min(longestAnswerMs, leaseMs, Math.max(shortestAnswerMs, request.waitMs));
    const wait = new MysqlWait({
      sessions: this.#sessions,
      where: this.#where,
      request,
      patienceMs,
      lookMs: leaseMs,
    });
    const locked = await wait.granted();
    if (locked === undefined) return undefined;
    const { scope, signal } = request;
    const path = join(this.#directory, lockFileName(scope));
    const { hold, fence } = await this.#claim(locked, request, { path, patienceMs });
    return recordedGrant(hold, { path, scope, fence, clock: this.#clock, waitMs: leftMs(), signal });
  }

  /** The session has the lock: with its generation it is a hold. */
  async #claim(
    { session, name }: LockedSession,
    request: LockRequest,
    { path, patienceMs }: { readonly path: string; readonly patienceMs: number },
  ): Promise<{ readonly hold: MysqlHold; readonly fence: number }> {
    const { scope, purpose } = request;
    const askedAt = leaseInstant(this.#clock);
    try {
      const claim = { name, scope, purpose, floor: lastFence(path) };
      const fence = await claimLockRow(session, claim, patienceMs);
      const hold = new MysqlHold({
        session,
        name,
        request,
        askedAt,
        leaseMs: this.#settings.leaseMs,
        clock: this.#clock,
        onReleased: () => this.#sessions.giveBack(session),
      });
      return { hold, fence };
    } catch (error) {
      session.destroy(); // and the lock with it
      throw serverError(this.#where, error);
    }
  }
}
