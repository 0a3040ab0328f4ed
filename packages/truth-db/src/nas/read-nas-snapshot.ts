/**
 * Reads what has to be known to speak with the NASes of a gateway, in one snapshot. Of a gateway whose NASes are told no
 * attributes only those sessions are read that have no right to be there.
 */
import { createSecretKey } from 'node:crypto';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { chunksOf } from '../chunks.ts';
import { engineSql } from '../engine-sql.ts';
import type { SqlBoolean, TruthTables } from '../tables.ts';
import type { Truth } from '../truth.ts';
import { decodeTime, encodeTime, epochMs, type Moment } from '../utc-time.ts';
import type {
  EndedNasSession,
  NasAnswered,
  NasGateway,
  NasSession,
  NasSilence,
  NasSnapshot,
} from './nas-snapshot.ts';

export interface ReadNasSnapshot {
  readonly gateway: string;
  readonly at: Moment;
  /** The connections whose sessions are read; all without it. Ended sessions are read in any case: they are few. */
  readonly connections?: readonly number[] | undefined;
}

/** Where NASes listen unless truth says otherwise (RFC 5176). */
const defaultPort = 3799;

/** A NAS that was not reached for so long has begun anew meanwhile, or will never be. */
const worthTellingMs = 86_400_000;

/** @returns undefined when truth has no such gateway */
export async function readNasSnapshot(
  truth: Truth,
  request: ReadNasSnapshot,
): Promise<NasSnapshot | undefined> {
  return truth.snapshot(async (trx) => {
    const gateway = await readGateway(trx, request.gateway);
    if (gateway === undefined) return undefined;
    return {
      gateway,
      sessions: await readSessions(trx, gateway, request),
      ended: await readEnded(trx, request),
      silences: await readSilences(trx, request.gateway),
      answers: await readAnswers(trx, request.gateway),
    };
  });
}

async function readGateway(trx: Kysely<TruthTables>, name: string): Promise<NasGateway | undefined> {
  const row = await trx
    .selectFrom('gateways')
    .select(['coa_port', 'coa_secret', 'nas_profile'])
    .where('name', '=', name)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const addresses = await trx
    .selectFrom('gateway_nas_addresses')
    .select('nas_ip')
    .where('gateway', '=', name)
    .execute();
  const { coa_secret: secret, coa_port: port, nas_profile: profile } = row;
  const hasSecret = secret !== null && secret !== '';
  return {
    name,
    profile,
    port: port ?? defaultPort,
    secret: hasSecret ? createSecretKey(secret, 'utf8') : null,
    addresses: addresses.map(({ nas_ip: nasIp }) => nasIp),
  };
}

/** A session as the query gives it: the fields of the result, the flag still as it is stored. */
type StoredSession = Omit<NasSession, 'isRestricted'> & { readonly isRestricted: SqlBoolean };

async function readSessions(
  trx: Kysely<TruthTables>,
  gateway: NasGateway,
  { connections, at }: ReadNasSnapshot,
): Promise<readonly NasSession[]> {
  const isAsked =
    gateway.profile === null || gateway.secret === null
      ? sql`(c.status = 'DISABLED' or u.status <> 'active')`
      : sql`1 = 1`;
  if (connections === undefined) return selectSessions(trx, gateway.name, at, isAsked);
  const sessions: NasSession[] = [];
  for (const ids of chunksOf(connections)) {
    const which = sql`${isAsked} and l.vpn_connection_id in (${sql.join(ids)})`;
    sessions.push(...(await selectSessions(trx, gateway.name, at, which)));
  }
  return sessions;
}

async function selectSessions(
  trx: Kysely<TruthTables>,
  gateway: string,
  at: Moment,
  which: RawBuilder<unknown>,
): Promise<readonly NasSession[]> {
  const { rows } = await sql<StoredSession>`
    select l.id as "id", l.vpn_connection_id as "vpnConnectionId", l.holder_token as "holderToken",
           l.nas_ip as "nasIp", c.radius_username as "userName", l.acct_session_id as "acctSessionId",
           l.framed_ip as "framedIp", c.status as "status", u.status as "customerStatus",
           c.restricted_effective as "isRestricted", c.down_kbit as "downKbit", c.up_kbit as "upKbit",
           l.nas_applied as "nasApplied"
    from active_session_locks l ${engineSql(trx).byIndex('ix_active_session_locks_gateway')}
    join vpn_connections c on c.id = l.vpn_connection_id
    left join customers u on u.id = c.customer_id
    where l.gateway = ${gateway} and l.state = 'held' and l.expires_at > ${encodeTime(at)}
      and l.confirmed_at is not null and l.nas_ip is not null and l.holder_token is not null and ${which}
    order by l.vpn_connection_id`.execute(trx);
  return rows.map((row) => ({ ...row, isRestricted: row.isRestricted === 1 }));
}

type StoredEnded = Omit<EndedNasSession, 'hasSuccessor'> & { readonly hasSuccessor: SqlBoolean };

async function readEnded(
  trx: Kysely<TruthTables>,
  { gateway, at }: ReadNasSnapshot,
): Promise<readonly EndedNasSession[]> {
  const since = encodeTime(Math.max(0, epochMs(at) - worthTellingMs));
  const { rows } = await sql<StoredEnded>`
    select r.id as "id", r.vpn_connection_id as "vpnConnectionId", r.holder_token as "holderToken",
           r.nas_ip as "nasIp", c.radius_username as "userName", r.acct_session_id as "acctSessionId",
           r.framed_ip as "framedIp", case when l.id is null then 0 else 1 end as "hasSuccessor",
           l.acct_session_id as "successorId"
    from released_sessions r
    join vpn_connections c on c.id = r.vpn_connection_id
    left join active_session_locks l on l.vpn_connection_id = r.vpn_connection_id and l.state = 'held'
      and l.nas_ip = r.nas_ip
    where r.gateway = ${gateway} and r.nas_disconnect = 'due' and r.released_at > ${since}
      and r.nas_ip is not null and r.holder_token is not null
    order by r.id`.execute(trx);
  return rows.map((row) => ({ ...row, hasSuccessor: row.hasSuccessor === 1 }));
}

async function readSilences(trx: Kysely<TruthTables>, gateway: string): Promise<readonly NasSilence[]> {
  const rows = await trx
    .selectFrom('nas_silences')
    .select(['nas_ip', 'runs', 'retry_at'])
    .where('gateway', '=', gateway)
    .execute();
  return rows.map((row) => ({ nasIp: row.nas_ip, runs: row.runs, retryAt: decodeTime(row.retry_at) }));
}

async function readAnswers(trx: Kysely<TruthTables>, gateway: string): Promise<readonly NasAnswered[]> {
  const rows = await trx
    .selectFrom('nas_answers')
    .select(['holder_token', 'asked', 'error_cause', 'retry_at'])
    .where('gateway', '=', gateway)
    .execute();
  return rows.map((row) => ({
    holderToken: row.holder_token,
    asked: row.asked,
    errorCause: row.error_cause,
    retryAt: decodeTime(row.retry_at),
  }));
}
