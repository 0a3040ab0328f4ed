/** A gateway whose NASes listen on loopback, with sessions that they carry; truth is changed through the library. */
import { fakeHeld } from '@holdfast/base/fake-held';
import { type NasReport, type NotifyNasOptions, notifyNas } from '@holdfast/gateway-policy';
import {
  acquireSession,
  addGateway,
  changeConnection,
  confirmSession,
  migrate,
  type NasProfile,
  openTruth,
  provisionConnection,
  setRate,
  type Truth,
  type TruthTransaction,
} from '@holdfast/truth-db';
import { endedOf } from '../../packages/truth-db/src/testing/session-world.ts';
import { type NasDouble, type NasDoubleOptions, startNasDouble } from './nas-double.ts';

export const nasSecret = 'the secret of gw1';

const gateway = 'gw1';
const hourMs = 3_600_000;

export interface NasWorldOptions {
  /** One double on 127.0.0.1, the next on 127.0.0.2, …; all of them on one port. Default: one that acknowledges. */
  readonly behaviours?: readonly NonNullable<NasDoubleOptions['behave']>[];
  readonly profile?: NasProfile | null;
  /** Of truth; in memory by default. */
  readonly url?: string;
  /** The port of NASes that are there already; then no doubles are started. */
  readonly port?: number;
}

export interface NasWorld extends AsyncDisposable {
  readonly truth: Truth;
  readonly doubles: readonly NasDouble[];
  /** Moves the clock of the runs on, in milliseconds. */
  pass(ms: number): void;
  now(): number;
  /** A session that has begun, by the number of its user, at the n-th NAS. @returns id of the connection */
  connect(user: number, nas?: number): Promise<number>;
  /** The same for many, in one transaction. */
  connectMany(count: number, nasOf: (user: number) => number): Promise<readonly number[]>;
  /** Takes the session of a user anew, from the same device. @returns its token */
  reconnect(user: number, id: number, more?: Partial<Begin>): Promise<string>;
  disable(id: number): Promise<void>;
  restrict(id: number): Promise<void>;
  change(id: number, kind: 'disable' | 'enable' | 'restrict' | 'unrestrict'): Promise<void>;
  rate(id: number, downKbit: number): Promise<void>;
  lock(id: number): ReturnType<typeof lockOf>;
  ended(id: number): ReturnType<typeof endedOf>;
  notify(more?: Partial<NotifyNasOptions>): Promise<NasReport>;
  /** How many requests all NASes have had so far; one that was sent again is the same one. */
  requests(): number;
}

export async function nasWorld(options: NasWorldOptions = {}): Promise<NasWorld> {
  const { behaviours = [() => 'ack' as const], profile = 'mikrotik', url = 'sqlite::memory:' } = options;
  await using cleanup = new AsyncDisposableStack();
  const doubles = options.port === undefined ? await startDoubles(behaviours, cleanup) : [];
  const coaPort = options.port ?? doubles[0]?.port ?? 0;
  const truth = cleanup.use(openTruth(url));
  let now = Date.now();
  await migrate(truth);
  const nasAddresses = behaviours.map((_behave, index) => addressOf(index));
  await truth.transaction((trx) =>
    addGateway(trx, {
      name: gateway,
      layout: 'shared-device',
      device: 'wg0',
      nasAddresses,
      coaPort,
      coaSecret: nasSecret,
      ...(profile !== null && { nasProfile: profile }),
    }),
  );
  const connectMany: NasWorld['connectMany'] = (count, nasOf) =>
    truth.transaction(async (trx) => {
      const ids: number[] = [];
      for (let user = 0; user < count; user += 1) ids.push(await connect(trx, user, nasOf(user), now));
      return ids;
    });
  const change: NasWorld['change'] = async (id, kind) => {
    const isReason = kind === 'restrict' || kind === 'unrestrict';
    const event = isReason ? ({ kind, reason: 'MANUAL' } as const) : { kind };
    await changeConnection(truth, { vpnConnectionId: id, event, at: now });
  };
  const opened = cleanup.move();
  return {
    truth,
    doubles,
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
    connect: (user, nas = 0) => truth.transaction((trx) => connect(trx, user, nas, now)),
    connectMany,
    reconnect: (user, id, more = {}) => {
      const again = `again-${user}`;
      const session = { user, id, nas: 0, acctSessionId: again, requestVector: again, now, ...more };
      return truth.transaction((trx) => begin(trx, session));
    },
    disable: (id) => change(id, 'disable'),
    restrict: (id) => change(id, 'restrict'),
    change,
    rate: (id, downKbit) => truth.transaction((trx) => setRate(trx, id, { downKbit, upKbit: null })),
    lock: (id) => lockOf(truth, id),
    ended: (id) => endedOf(truth, id),
    notify: (more = {}) =>
      notifyNas({
        truth,
        gateway,
        held: fakeHeld({ scope: `policy:${gateway}` }),
        at: now,
        signal: new AbortController().signal,
        ...more,
      }),
    requests: () => doubles.reduce((sum, { requests }) => sum + requests.length, 0),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function startDoubles(
  behaviours: NonNullable<NasWorldOptions['behaviours']>,
  cleanup: AsyncDisposableStack,
): Promise<readonly NasDouble[]> {
  const doubles: NasDouble[] = [];
  for (const [index, behave] of behaviours.entries()) {
    const address = addressOf(index);
    const port = doubles[0]?.port ?? 0;
    doubles.push(cleanup.use(await startNasDouble({ secret: nasSecret, behave, address, port })));
  }
  return doubles;
}

/** All of 127.0.0.0/8 is on loopback. */
function addressOf(index: number): string {
  return `127.0.0.${index + 1}`;
}

async function connect(trx: TruthTransaction, user: number, nas: number, now: number): Promise<number> {
  const { id } = await provisionConnection(trx, { at: now, radiusUsername: `user-${user}` });
  await begin(trx, { user, id, nas, acctSessionId: `session-${user}`, requestVector: `${user}`, now });
  return id;
}

interface Begin {
  readonly user: number;
  readonly id: number;
  readonly nas: number;
  readonly acctSessionId: string | null;
  readonly requestVector: string;
  readonly now: number;
}

async function begin(trx: TruthTransaction, session: Begin): Promise<string> {
  const { user, id: vpnConnectionId, nas, acctSessionId, requestVector, now } = session;
  const answer = await acquireSession(trx, {
    vpnConnectionId,
    gateway,
    sessionKey: `key-${user}`,
    requestVector,
    nasIp: addressOf(nas),
    at: now,
    expiresAt: now + hourMs,
  });
  if (answer.kind === 'busy' || answer.kind === 'refused') throw new Error(`the session is ${answer.kind}`);
  const { holderToken } = answer;
  const framedIp = `10.77.${Math.floor(user / 250)}.${(user % 250) + 1}`;
  await confirmSession(trx, {
    vpnConnectionId,
    holder: { holderToken },
    acctSessionId,
    framedIp,
    at: now,
    expiresAt: now + hourMs,
  });
  return holderToken;
}

async function lockOf(truth: Truth, id: number) {
  return truth.db
    .selectFrom('active_session_locks')
    .selectAll()
    .where('vpn_connection_id', '=', id)
    .executeTakeFirstOrThrow();
}
