/** Which index each hot statement uses in a big database, on any engine. */
import {
  acquireSession,
  acquireSessions,
  applyTimeRules,
  confirmSession,
  disownSession,
  encodeTime,
  expireSessions,
  extendSession,
  findRadiusLogin,
  findRadiusLogins,
  findSession,
  listSessions,
  pruneReleasedSessions,
  pruneTriggers,
  publishRun,
  readCovered,
  readGatewayNews,
  readGatewaySnapshot,
  readNewestTrigger,
  recordTriggers,
  releaseNasSessions,
  releasePendingSession,
  releaseSession,
  releaseSessionByHand,
  type Truth,
  type TruthTransaction,
  transitByToken,
} from '@holdfast/truth-db';
import { expect } from 'vitest';
import { filledAt as at, namesOf } from './many-connections.ts';
import { plansOf } from './query-plan.ts';
import type { RecordedTruth } from './recorded-statements.ts';

export interface HotPath {
  readonly name: string;
  act(truth: Truth): Promise<unknown>;
  /** What it looks rows up by, `table or alias: index`; the smaller tables are left out. */
  readonly uses: readonly string[];
  /** What it locks before, where the engine has row locks. */
  readonly locks?: readonly string[];
}

const hourMs = 3_600_000;
const lock = 'active_session_locks';
const connection = 'vpn_connections';
const uniqueLock = `${lock}: uq_active_session_locks_vpn_connection_id`;
const ended = 'released_sessions: ix_released_sessions_holder_token';

/** Connections of `fillConnections`: with a session on gw0, with one on another gateway, without one. */
const [held, elsewhere] = [4, 9];
export const free = 2;
const holderOf = (id: number) => ({ holderToken: `holder-${id}` });

/** Forty of one kind, from this one on. */
export const many = (first: number) => Array.from({ length: 40 }, (_id, place) => first + 8 * (place + 1));
export const loginOf = (vpnConnectionId: number) => ({
  vpnConnectionId,
  gateway: 'gw0',
  sessionKey: 'many',
  requestVector: 'many',
  at,
  expiresAt: at + hourMs,
});

const within =
  (act: (trx: TruthTransaction) => Promise<unknown>): HotPath['act'] =>
  (truth) =>
    truth.transaction(act);

/** Runs a path and compares how its statements find their rows. */
export async function expectIndexes({ truth, during }: RecordedTruth, path: HotPath): Promise<void> {
  const statements = await during(() => path.act(truth));
  const { steps, complaints } = await plansOf(truth, statements);
  const hasRowLocks = truth.dialect.engine === 'mysql';
  expect(complaints).toEqual([]);
  expect(steps).toEqual([...path.uses, ...(hasRowLocks ? (path.locks ?? []) : [])].toSorted());
}

/** In an order in which each finds something to do. */
export const hotPaths: readonly HotPath[] = [
  {
    name: 'the snapshot of a gateway',
    act: (truth) => readGatewaySnapshot(truth, 'gw0', at),
    uses: ['c: PRIMARY', 'l: ix_active_session_locks_gateway'],
  },
  {
    name: 'the news of a gateway',
    act: async (truth) => {
      await truth.transaction((trx) =>
        recordTriggers(trx, [{ gateway: 'gw0', reason: 'x', vpnConnectionId: held, at }]),
      );
      const since = (await readNewestTrigger(truth, 'gw0')) - 1;
      await readGatewayNews(truth, 'gw0', { since, now: at });
    },
    uses: ['c: PRIMARY', 'l: ix_active_session_locks_gateway', 'policy_triggers: PRIMARY'],
  },
  {
    name: 'what a run publishes',
    act: async (truth) => {
      await publishRun(truth, {
        gateway: 'gw0',
        covered: 5_000,
        outcome: 'applied',
        digest: 'd',
        at,
        tookMs: 1,
      });
      await readCovered(truth, 'gw0');
    },
    uses: [],
  },
  {
    name: 'pruning triggers',
    act: (truth) => pruneTriggers(truth, 'gw0', { batches: 2 }),
    uses: ['policy_triggers: PRIMARY'],
  },
  {
    name: 'recording triggers',
    act: within((trx) => recordTriggers(trx, [{ gateway: 'gw0', reason: 'x', at }])),
    uses: [],
  },
  {
    name: 'the login of a user by name',
    act: (truth) => findRadiusLogin(truth.db, namesOf(held).userName),
    uses: ['c: uq_vpn_connections_radius_username'],
  },
  {
    name: 'the logins of many users by name',
    act: (truth) =>
      findRadiusLogins(
        truth.db,
        many(held).map((id) => namesOf(id).userName),
      ),
    uses: ['c: uq_vpn_connections_radius_username'],
  },
  {
    name: 'a claim by token',
    act: (truth) =>
      truth.transaction(async (trx) => {
        const customer = {
          email: 'a@example.com',
          password_hash: '!',
          created_at: encodeTime(at),
          status: 'active',
        } as const;
        const { insertId } = await trx.insertInto('customers').values(customer).executeTakeFirstOrThrow();
        await transitByToken(trx, { token: namesOf(1).token, customerId: Number(insertId), at });
      }),
    uses: [`${connection}: PRIMARY`, `${connection}: uq_vpn_connections_token`, 'customers: PRIMARY'],
  },
  {
    name: 'acquiring a session',
    act: within(async (trx) => {
      const request = { gateway: 'gw0', sessionKey: 'new', requestVector: 'new', at, expiresAt: at + hourMs };
      await acquireSession(trx, { ...request, vpnConnectionId: free });
      await acquireSession(trx, { ...request, vpnConnectionId: held });
    }),
    uses: [uniqueLock, 'c: PRIMARY'],
  },
  {
    name: 'acquiring many sessions',
    act: within((trx) => acquireSessions(trx, many(free).map(loginOf))),
    uses: [uniqueLock, 'c: PRIMARY'],
    locks: [`${connection}: PRIMARY`],
  },
  {
    name: 'confirming a session with another address and device',
    act: within(async (trx) => {
      await trx.updateTable('gateways').set({ layout: 'per-interface' }).where('name', '=', 'gw0').execute();
      await confirmSession(trx, {
        vpnConnectionId: held,
        holder: holderOf(held),
        framedIp: '10.0.1.8', // of connection 264, on the same gateway
        framedIpv6: '2001:db8::8',
        ifname: 'ppp8',
        at,
        expiresAt: at + hourMs,
      });
    }),
    uses: [
      `${lock}: PRIMARY`,
      `${lock}: uq_active_session_locks_shaping_slot`,
      uniqueLock,
      'l: ix_active_session_locks_framed_ip',
      'l: ix_active_session_locks_framed_ipv6',
      'l: ix_active_session_locks_ifname',
      'next: uq_active_session_locks_shaping_slot',
      'taken: uq_active_session_locks_shaping_slot',
    ],
    locks: [`${connection}: PRIMARY`],
  },
  {
    name: 'extending a session',
    act: within((trx) =>
      extendSession(trx, { vpnConnectionId: held, holder: holderOf(held), at, expiresAt: at + 48 * hourMs }),
    ),
    uses: [`${lock}: PRIMARY`, uniqueLock],
  },
  {
    name: 'a late event of an ended session',
    act: within((trx) =>
      extendSession(trx, {
        vpnConnectionId: held,
        holder: { holderToken: 'ended-4-2' },
        at,
        expiresAt: at + hourMs,
      }),
    ),
    uses: [uniqueLock, ended],
  },
  {
    name: 'a late event without our token',
    act: within((trx) =>
      extendSession(trx, {
        vpnConnectionId: held,
        holder: { sessionKey: 'key-4', acctSessionId: 'old-4-2' },
        at,
        expiresAt: at + hourMs,
      }),
    ),
    uses: [uniqueLock, 'released_sessions: ix_released_sessions_session_key'],
  },
  {
    name: 'releasing a session',
    act: within(async (trx) => {
      const end = { vpnConnectionId: held, reason: 'stop', at };
      await releaseSession(trx, { ...end, holder: holderOf(held) });
      await releasePendingSession(trx, { ...end, vpnConnectionId: free, requestVector: 'new' });
      await releaseSessionByHand(trx, { ...end, vpnConnectionId: elsewhere });
    }),
    uses: [`${lock}: PRIMARY`, uniqueLock],
    locks: [`${connection}: PRIMARY`],
  },
  {
    name: 'disowning a session',
    act: within((trx) =>
      disownSession(trx, {
        vpnConnectionId: elsewhere,
        gateway: 'gw0',
        nasIp: '192.0.2.1',
        acctSessionId: 'strange',
        sessionKey: 'strange',
        at,
        reason: 'busy',
      }),
    ),
    uses: [uniqueLock, 'released_sessions: ix_released_sessions_session_key'],
    locks: [`${connection}: PRIMARY`],
  },
  {
    name: 'a page of the list of sessions',
    act: (truth) => listSessions(truth.db, { limit: 50, after: 500 }),
    uses: ['c: PRIMARY', 'l: uq_active_session_locks_vpn_connection_id'],
  },
  {
    name: 'a page of the sessions of a gateway',
    act: (truth) => listSessions(truth.db, { gateway: 'gw0', limit: 50, after: 500 }),
    uses: ['c: PRIMARY', 'l: ix_active_session_locks_gateway'],
  },
  {
    name: 'the session of a user',
    act: (truth) => findSession(truth.db, { user: namesOf(held + 400).userName }),
    uses: ['c: uq_vpn_connections_radius_username', 'l: uq_active_session_locks_vpn_connection_id'],
  },
  {
    name: 'the scan of the janitor',
    act: within((trx) => expireSessions(trx, { at, limit: 20 })),
    uses: [`${lock}: PRIMARY`, `${lock}: ix_active_session_locks_expires_at`],
    locks: [`${connection}: PRIMARY`],
  },
  {
    name: 'the restart of a NAS',
    act: within((trx) =>
      releaseNasSessions(trx, {
        gateway: 'gw2',
        nasIp: '192.0.2.1',
        before: at + 1,
        reason: 'nas-reboot',
        at,
        limit: 20,
      }),
    ),
    uses: [`${lock}: PRIMARY`, `${lock}: ix_active_session_locks_gateway`],
    locks: [`${connection}: PRIMARY`],
  },
  {
    name: 'what time does to connections',
    act: (truth) => applyTimeRules(truth, { at }),
    uses: [
      uniqueLock,
      `${connection}: PRIMARY`,
      `${connection}: ix_vpn_connections_claim_deadline`,
      `${connection}: ix_vpn_connections_unclaimed_grace`,
    ],
  },
  {
    name: 'forgetting ended sessions',
    act: within((trx) => pruneReleasedSessions(trx, { before: at + 1, limit: 20 })),
    uses: ['released_sessions: PRIMARY', 'released_sessions: ix_released_sessions_released_at'],
  },
];
