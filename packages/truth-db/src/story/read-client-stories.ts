/** Reads what truth knows about the clients that a person asks for, all of it of one moment. */
import { type Kysely, sql } from 'kysely';
import type { GatewaySnapshot } from '../gateway-snapshot.ts';
import { readGateway, readSessions } from '../read-gateway-snapshot.ts';
import type { SqlBoolean, TruthTables } from '../tables.ts';
import type { Truth } from '../truth.ts';
import type { Moment } from '../utc-time.ts';
import type {
  ClientStory,
  GatewayStanding,
  StoryConnection,
  StoryCustomer,
  StoryEnded,
  StorySession,
  StoryTrigger,
} from './client-story.ts';
import { type ClientQuestion, type FoundBy, findConnections } from './find-connections.ts';
import { readStandings } from './gateway-standings.ts';

export interface ClientStories {
  readonly found: readonly { readonly by: FoundBy; readonly story: ClientStory }[];
  /** Every gateway of truth, by name. */
  readonly gateways: ReadonlyMap<string, GatewayStanding>;
  /** What a run of each gateway that is concerned would read. */
  readonly snapshots: ReadonlyMap<string, GatewaySnapshot>;
}

/** Ended sessions and triggers that are told of. */
const mostTold = 5;

/** @param now - milliseconds since the Unix epoch, or a Date */
export async function readClientStories(
  truth: Truth,
  question: ClientQuestion,
  now: Moment,
): Promise<ClientStories> {
  return truth.snapshot(async (trx) => {
    const found: { by: FoundBy; story: ClientStory }[] = [];
    for (const { id, by } of await findConnections(trx, question)) {
      found.push({ by, story: await readStory(trx, id) });
    }
    const gateways = new Map((await readStandings(trx)).map((standing) => [standing.name, standing]));
    const concerned = new Set(found.flatMap(({ story }) => gatewayOfStory(story) ?? []));
    const snapshots = new Map<string, GatewaySnapshot>();
    for (const name of concerned) {
      const head = await readGateway(trx, name);
      if (head !== undefined) snapshots.set(name, { ...head, sessions: await readSessions(trx, name, now) });
    }
    return { found, gateways, snapshots };
  });
}

/** The gateway that has the session, or had the last one. */
export function gatewayOfStory({ session, ended }: ClientStory): string | undefined {
  return session?.gateway ?? ended[0]?.gateway ?? undefined;
}

async function readStory(trx: Kysely<TruthTables>, id: number): Promise<ClientStory> {
  return {
    connection: await readConnection(trx, id),
    customer: await readCustomer(trx, id),
    session: await readSession(trx, id),
    ended: await readEnded(trx, id),
    triggers: await readTriggers(trx, id),
  };
}

/** A row as the query gives it: the flag still as it is stored. */
type Stored<Row, Flag extends keyof Row> = Omit<Row, Flag> & { readonly [Key in Flag]: SqlBoolean };

async function readConnection(trx: Kysely<TruthTables>, id: number): Promise<StoryConnection> {
  const { isRestricted, ...row } = await trx
    .selectFrom('vpn_connections')
    .select([
      'id',
      'status',
      'radius_username as userName',
      'label',
      'static_ip as staticIp',
      'restricted_reason as restrictedReason',
      'restricted_effective as isRestricted',
      'down_kbit as downKbit',
      'up_kbit as upKbit',
      'created_at as createdAt',
      'claimed_at as claimedAt',
      'last_seen_at as lastSeenAt',
      'unclaimed_grace_until as graceUntil',
      'claim_deadline as claimDeadline',
    ])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { ...row, isRestricted: isRestricted === 1 };
}

async function readCustomer(trx: Kysely<TruthTables>, connection: number): Promise<StoryCustomer | null> {
  const row = await trx
    .selectFrom('vpn_connections as c')
    .innerJoin('customers as u', 'u.id', 'c.customer_id')
    .select(['u.id', 'u.email', 'u.status'])
    .where('c.id', '=', connection)
    .executeTakeFirst();
  return row ?? null;
}

async function readSession(trx: Kysely<TruthTables>, connection: number): Promise<StorySession | undefined> {
  return await trx
    .selectFrom('active_session_locks')
    .select([
      'state',
      'release_reason as releaseReason',
      'gateway',
      'nas_ip as nasIp',
      'ifname',
      'framed_ip as framedIp',
      'framed_ipv6 as framedIpv6',
      'acct_session_id as acctSessionId',
      'shaping_slot as shapingSlot',
      'acquired_at as acquiredAt',
      'expires_at as expiresAt',
      'confirmed_at as confirmedAt',
      'nas_applied as nasApplied',
    ])
    .where('vpn_connection_id', '=', connection)
    .executeTakeFirst();
}

async function readEnded(trx: Kysely<TruthTables>, connection: number): Promise<readonly StoryEnded[]> {
  return await trx
    .selectFrom('released_sessions')
    .select([
      'gateway',
      'nas_ip as nasIp',
      'framed_ip as framedIp',
      'acct_session_id as acctSessionId',
      'acquired_at as acquiredAt',
      'released_at as releasedAt',
      'release_reason as reason',
    ])
    .where('vpn_connection_id', '=', connection)
    .orderBy('released_at', 'desc')
    .orderBy('id', 'desc')
    .limit(mostTold)
    .execute();
}

async function readTriggers(trx: Kysely<TruthTables>, connection: number): Promise<readonly StoryTrigger[]> {
  const { rows } = await sql<Stored<StoryTrigger, 'isCovered'>>`
    select t.gateway as "gateway", t.id as "id", t.reason as "reason", t.created_at as "at",
           case when t.id <= s.covered then 1 else 0 end as "isCovered"
    from policy_triggers t left join gateway_state s on s.gateway = t.gateway
    where t.vpn_connection_id = ${connection}
    order by t.created_at desc, t.id desc limit ${mostTold}`.execute(trx);
  return rows.map((row) => ({ ...row, isCovered: row.isCovered === 1 }));
}
