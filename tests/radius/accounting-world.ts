/**
 * A mapper without its HTTP: truth, gateways, the intake of accounting and the janitor, on a state directory of its own. What
 * a NAS would send is built here, and what truth has then is read back.
 */
import { type Clock, HoldfastError, type Log, silentLog, systemClock } from '@holdfast/base';
import {
  acquireSession,
  addGateway,
  type ConnectionEvent,
  changeConnection,
  migrate,
  openTruth,
  provisionConnection,
  sessionKeyOf,
  type Truth,
} from '@holdfast/truth-db';
import type { AccountingEvent } from '../../apps/radius-mapper/src/accounting/accounting-event.ts';
import {
  AccountingIntake,
  type IntakeHooks,
} from '../../apps/radius-mapper/src/accounting/accounting-intake.ts';
import type { Mapper } from '../../apps/radius-mapper/src/mapper.ts';
import { createMapperMetrics } from '../../apps/radius-mapper/src/mapper-metrics.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export const gateway = 'gw1';
export const nas = '192.0.2.1';
export const leaseMs = 15 * 60_000;

export interface AccountingWorld extends AsyncDisposable {
  readonly truth: Truth;
  readonly mapper: Mapper;
  readonly intake: AccountingIntake;
  readonly stateDir: string;
  /** Adds a connection whose user logs in as `user`. @returns its id */
  connection(user: string): Promise<number>;
  happen(vpnConnectionId: number, event: ConnectionEvent): Promise<void>;
  /** A login of a device that has to be admitted. @returns its token */
  login(vpnConnectionId: number, device: Device, at?: number): Promise<string>;
  lock(vpnConnectionId: number): Promise<StoredSession | undefined>;
  ended(vpnConnectionId: number): Promise<readonly EndedSession[]>;
  /** Reasons of all triggers, in order. */
  triggers(): Promise<readonly string[]>;
  metric(series: string): Promise<number | undefined>;
}

export interface Device {
  readonly user: string;
  readonly caller: string;
}

interface StoredSession {
  readonly state: string;
  readonly holder_token: string | null;
  readonly acct_session_id: string | null;
  readonly framed_ip: string | null;
  readonly framed_ipv6: string | null;
  readonly confirmed_at: string | null;
  readonly expires_at: string;
  readonly shaping_slot: number | null;
}

interface EndedSession {
  readonly release_reason: string;
  readonly acct_session_id: string | null;
  readonly holder_token: string | null;
  readonly nas_disconnect: string | null;
}

export interface AccountingWorldOptions {
  /** URL of a database; its schema is made. Default: one in memory. */
  readonly database?: string;
  readonly stateDir?: string;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly hooks?: IntakeHooks;
  readonly shards?: number;
  readonly settings?: Partial<Mapper['settings']>;
  readonly busyTimeoutMs?: number;
}

export async function accountingWorld(options: AccountingWorldOptions = {}): Promise<AccountingWorld> {
  const {
    database = 'sqlite::memory:',
    clock = systemClock,
    log = silentLog,
    busyTimeoutMs = 5_000,
  } = options;
  await using cleanup = new AsyncDisposableStack();
  const stateDir = options.stateDir ?? cleanup.use(await temporaryDirectory()).path;
  const truth = cleanup.use(openTruth(database, { busyTimeoutMs, log }));
  await migrate(truth);
  await addGatewayOnce(truth, options.shards ?? 4);
  const mapper = mapperOn(truth, { stateDir, clock, log, settings: options.settings ?? {} });
  const intake = new AccountingIntake(mapper, options.hooks);
  intake.spool.prepare();
  const opened = cleanup.move();
  return {
    truth,
    mapper,
    intake,
    stateDir,
    ...changes(truth, clock),
    ...looks(truth),
    metric: async (series) => {
      const { text } = await mapper.metrics.read();
      const line = text.split('\n').find((row) => row.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function changes(truth: Truth, clock: Clock): Pick<AccountingWorld, 'connection' | 'happen' | 'login'> {
  return {
    connection: (user) =>
      truth.transaction(async (trx) => {
        const { id } = await provisionConnection(trx, { at: clock.wallMs() });
        await trx
          .updateTable('vpn_connections')
          .set({ radius_username: user })
          .where('id', '=', id)
          .execute();
        return id;
      }),
    happen: async (vpnConnectionId, event) => {
      await changeConnection(truth, { vpnConnectionId, event, at: clock.wallMs() });
    },
    login: async (vpnConnectionId, device, at = clock.wallMs()) => {
      const answer = await truth.transaction((trx) =>
        acquireSession(trx, {
          vpnConnectionId,
          gateway,
          sessionKey: keyOf(device),
          requestVector: `0x${Math.random()}`,
          nasIp: nas,
          at,
          expiresAt: at + 90_000,
        }),
      );
      if ('holderToken' in answer) return answer.holderToken;
      throw new Error(`the login is ${answer.kind}`);
    },
  };
}

function looks(truth: Truth): Pick<AccountingWorld, 'lock' | 'ended' | 'triggers'> {
  return {
    lock: (id) =>
      truth.db
        .selectFrom('active_session_locks')
        .selectAll()
        .where('vpn_connection_id', '=', id)
        .executeTakeFirst(),
    ended: (id) =>
      truth.db
        .selectFrom('released_sessions')
        .select(['release_reason', 'acct_session_id', 'holder_token', 'nas_disconnect'])
        .where('vpn_connection_id', '=', id)
        .orderBy('id')
        .execute(),
    triggers: async () => {
      const rows = await truth.db.selectFrom('policy_triggers').select('reason').orderBy('id').execute();
      return rows.map(({ reason }) => reason);
    },
  };
}

/** Takes everything out of a truth but its gateway: cheaper than another database on a server. */
export async function emptyTruth(url: string): Promise<void> {
  await using truth = openTruth(url);
  const tables = ['active_session_locks', 'released_sessions', 'policy_triggers', 'vpn_connections'] as const;
  for (const table of tables) await truth.db.deleteFrom(table).execute();
}

export interface MapperPlace {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Partial<Mapper['settings']>;
}

/** One gateway with one NAS; any other sender is a stranger. */
export function mapperOn(truth: Truth, { stateDir, clock, log, settings }: MapperPlace): Mapper {
  return {
    truth,
    gateways: {
      gatewayOf: async (src) => (src === nas ? { name: gateway, nasProfile: null } : undefined),
      profileOf: () => null,
      addresses: 1,
      refresh: async () => undefined,
    },
    settings: {
      pendingLeaseMs: 90_000,
      sessionLeaseMs: leaseMs,
      interimMs: 300_000,
      sessionTimeoutMs: undefined,
      restrictedTimeoutMs: undefined,
      clientTimeoutMs: 60_000,
      loginQueue: 1_024,
      lockBackend: 'auto',
      ...settings,
    },
    log,
    metrics: createMapperMetrics(),
    clock,
    stateDirectory: stateDir,
  };
}

async function addGatewayOnce(truth: Truth, shards: number): Promise<void> {
  const known = await truth.db.selectFrom('gateways').select('name').executeTakeFirst();
  if (known !== undefined) return;
  await truth.transaction((trx) =>
    addGateway(trx, { name: gateway, layout: 'shared-device', device: 'wg0', shards, nasAddresses: [nas] }),
  );
}

function keyOf({ user, caller }: Device): string {
  return sessionKeyOf({ nasIpAddress: nas, callingStationId: caller, userName: user });
}

/** A request of the one NAS, received now and told at once. */
export function eventOf(
  kind: AccountingEvent['kind'],
  device: Device,
  more: Partial<AccountingEvent> = {},
): AccountingEvent {
  const receivedMs = more.receivedMs ?? Date.now();
  return {
    kind,
    status: kind,
    ...device,
    src: nas,
    nasIp: nas,
    nasId: 'nas1',
    port: '1',
    sid: 's1',
    atMs: receivedMs,
    receivedMs,
    cause: '',
    counters: { seconds: 0, inBytes: 0, outBytes: 0 },
    ...more,
  };
}

/** What a NAS says of itself. */
export function nasEvent(kind: 'nas-on' | 'nas-off', more: Partial<AccountingEvent> = {}): AccountingEvent {
  return eventOf(kind, { user: '', caller: '' }, { sid: '', ...more });
}

/** A truth that is away, for what asks it through `transaction` or `db`. */
export function unreachable(): HoldfastError {
  return new HoldfastError('DATABASE_UNREACHABLE', 'the connection to the database failed or was lost');
}
