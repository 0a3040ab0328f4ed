/**
 * The sessions of a matrix world, and every way in which truth changes under a run: with a trigger, as an app does it, or
 * without one. Each change takes another session, so that changes which come together never undo each other.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { ingestSpool } from '@holdfast/gateway-policy';
import {
  changeConnection,
  endSession,
  provisionConnection,
  recordTrigger,
  setRate,
  startSession,
  type Truth,
  type TruthTransaction,
} from '@holdfast/truth-db';

interface StockedSession {
  readonly id: number;
  readonly host: number;
  isRestricted: boolean;
}

const enough = 24;
/** Trees of classes of the gateway. */
export const shards = 4;
const yearMs = 365 * 86_400_000;
/** Of this machine: a `boot` ends what hooks have told in another one. */
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

export interface StockOptions {
  readonly truth: Truth;
  readonly gateway: string;
  readonly spool: string;
}

export class SessionStock {
  readonly #truth: Truth;
  readonly #gateway: string;
  readonly #spool: string;
  readonly #sessions: StockedSession[] = [];
  #host = 0;
  #kbit = 1_000;
  #events = 0;

  constructor({ truth, gateway, spool }: StockOptions) {
    this.#truth = truth;
    this.#gateway = gateway;
    this.#spool = spool;
  }

  /** As many sessions as one row takes. @returns whether there were too few */
  async fill(): Promise<boolean> {
    const isShort = this.#sessions.length < enough / 2;
    while (isShort && this.#sessions.length < enough) await this.begin(true);
    return isShort;
  }

  /** @returns the connection */
  async begin(isAnnounced: boolean): Promise<number> {
    const { host, id } = await this.#change(isAnnounced && 'ip-up', async (trx) => {
      const session = await this.#provision(trx);
      const at = Date.now();
      const { id: vpnConnectionId } = session;
      const framedIp = addressOf(session.host);
      const where = { gateway: this.#gateway, sessionKey: `key-${session.host}`, framedIp };
      await startSession(trx, { ...where, vpnConnectionId, at, expiresAt: at + yearMs });
      return session;
    });
    this.#sessions.push({ id, host, isRestricted: false });
    return id;
  }

  /** @param besides - not one that shares its tree of classes: whoever comes next could take its class over */
  async end(isAnnounced: boolean, besides?: number): Promise<{ readonly id: number; readonly host: number }> {
    const { id, host } = this.#take(
      (session) => besides === undefined || (session.host - besides) % shards !== 0,
    );
    await this.#change(isAnnounced && 'ip-down', async (trx) => {
      await endSession(trx, { vpnConnectionId: id, reason: 'user-request', at: Date.now() });
      return { id };
    });
    return { id, host };
  }

  /** Restricts the next connection, or sets it free. */
  async restrict(isAnnounced: boolean): Promise<number> {
    const session = this.#next();
    session.isRestricted = !session.isRestricted;
    const { id, isRestricted } = session;
    if (isAnnounced) {
      const event = { kind: isRestricted ? 'restrict' : 'unrestrict', reason: 'MANUAL' } as const;
      await changeConnection(this.#truth, { vpnConnectionId: id, event, at: Date.now() });
      return id;
    }
    await this.#truth.db
      .updateTable('vpn_connections')
      .set({ restricted_reason: isRestricted ? 'MANUAL' : null, restricted_effective: isRestricted ? 1 : 0 })
      .where('id', '=', id)
      .execute();
    return id;
  }

  async shape(isAnnounced: boolean): Promise<number> {
    const { id } = this.#next();
    const downKbit = this.#nextKbit();
    await this.#change(isAnnounced && 'panel', async (trx) => {
      await setRate(trx, id, { downKbit, upKbit: null });
      return { id };
    });
    return id;
  }

  /** Nobody has extended it for a second. */
  async expire(): Promise<void> {
    const { id } = this.#take();
    const expired = new Date(Date.now() - 1_000).toISOString();
    await this.#truth.db
      .updateTable('active_session_locks')
      .set({ expires_at: expired as never })
      .where('vpn_connection_id', '=', id)
      .execute();
  }

  /** A hook tells of a session that began. */
  async hear(): Promise<number> {
    const { id, host } = await this.#truth.transaction((trx) => this.#provision(trx));
    this.#events += 1;
    const values = {
      v: 1,
      source: 'pppd',
      verb: 'up',
      user: `user-${host}`,
      session: `${host}.0`,
      boot: bootId,
      uptime: uptime().toFixed(2),
      framed_ip: addressOf(host),
    };
    const text = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(this.#spool, `${this.#events}.event`), text.join(''), { mode: 0o600 });
    const { applied } = await ingestSpool({
      truth: this.#truth,
      gateway: this.#gateway,
      directory: this.#spool,
      at: Date.now(),
      signal: new AbortController().signal,
    });
    if (applied !== 1) throw new Error(`${applied} events were ingested instead of one`);
    this.#sessions.push({ id, host, isRestricted: false });
    return id;
  }

  async #provision(trx: TruthTransaction): Promise<{ readonly id: number; readonly host: number }> {
    this.#host += 1;
    const host = this.#host;
    const radiusUsername = `user-${host}`;
    const { id } = await provisionConnection(trx, {
      at: Date.now(),
      downKbit: this.#nextKbit(),
      radiusUsername,
    });
    return { id, host };
  }

  async #change<Result extends { readonly id: number }>(
    reason: string | false,
    change: (trx: TruthTransaction) => Promise<Result>,
  ): Promise<Result> {
    return this.#truth.transaction(async (trx) => {
      const result = await change(trx);
      const trigger = { gateway: this.#gateway, vpnConnectionId: result.id, at: Date.now() };
      if (reason !== false) await recordTrigger(trx, { ...trigger, reason });
      return result;
    });
  }

  /** The one that has been there for longest; it is gone then. */
  #take(fits: (session: StockedSession) => boolean = () => true): StockedSession {
    const place = this.#sessions.findIndex(fits);
    const [session] = place === -1 ? [] : this.#sessions.splice(place, 1);
    if (session === undefined) throw new Error('the stock of sessions is empty');
    return session;
  }

  /** Each in turn. */
  #next(): StockedSession {
    const session = this.#take();
    this.#sessions.push(session);
    return session;
  }

  /** No two are ever equal, so that a class of another session shows. */
  #nextKbit(): number {
    this.#kbit += 1;
    return this.#kbit;
  }
}

function addressOf(host: number): string {
  return `10.${77 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`;
}
