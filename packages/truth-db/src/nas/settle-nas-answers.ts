/**
 * Stores what NASes have answered, many answers in one transaction. Every row is changed only if it is still that of the
 * session that was asked about: a newer session of the same connection has another holder token and is left alone.
 */
import { sql } from 'kysely';
import { chunksOf } from '../chunks.ts';
import { engineSql } from '../engine-sql.ts';
import { endLocks } from '../session/end-locks.ts';
import { isFollowed, lockConnections, type StoredLock } from '../session/session-lock.ts';
import type { NasDisconnect } from '../tables.ts';
import { type RecordedTrigger, recordTriggers } from '../trigger.ts';
import type { TruthTransaction } from '../truth.ts';
import { encodeTime, epochMs, type Moment } from '../utc-time.ts';
import { disconnectedMark } from './disconnected-mark.ts';
import type { NasSubject } from './nas-snapshot.ts';

/** What becomes of a session by what its NAS has answered. */
export type NasSettlement =
  /** The NAS has these attributes now. */
  | { readonly kind: 'applied'; readonly session: NasSubject; readonly mark: string }
  /** The NAS ends it: its Stop is waited for until `retryAt`, then it is asked again. Meanwhile the session stays as it is. */
  | { readonly kind: 'ending'; readonly session: NasSubject; readonly retryAt: Moment }
  /** The NAS does not know it: it ends here. */
  | { readonly kind: 'gone'; readonly session: NasSubject }
  /** The NAS did not do what it was asked; `session` is a held or an ended one. */
  | {
      readonly kind: 'put-off';
      readonly session: NasSubject;
      readonly asked: string;
      readonly errorCause: number | null;
      readonly retryAt: Moment;
    }
  /** There is nothing more to tell about an ended one. */
  | { readonly kind: 'told'; readonly session: NasSubject; readonly as: Exclude<NasDisconnect, 'due'> };

export interface SettleNasAnswers {
  readonly gateway: string;
  readonly at: Moment;
  readonly settlements: readonly NasSettlement[];
}

export interface NasAnswersSettled {
  /** How many sessions ended because their NAS did not know them. */
  readonly released: number;
  readonly triggers: readonly RecordedTrigger[];
}

/** An answer whose time is over by so much is about a session that ended in another way. */
const forgottenAfterMs = 86_400_000;

export async function settleNasAnswers(
  trx: TruthTransaction,
  { gateway, at, settlements }: SettleNasAnswers,
): Promise<NasAnswersSettled> {
  // Rows in one order everywhere, and connections before the sessions that hang on them.
  const inOrder = settlements.toSorted((one, other) => one.session.id - other.session.id);
  const of = <Kind extends NasSettlement['kind']>(wanted: Kind) =>
    inOrder.filter((one): one is Extract<NasSettlement, { readonly kind: Kind }> => one.kind === wanted);
  const [ending, putOff] = [of('ending'), of('put-off')];
  const locks = await lockHeld(
    trx,
    of('gone').map(({ session }) => session),
  );
  const marked = ending.map(({ session }) => ({ session, mark: disconnectedMark }));
  await storeMarks(trx, [...of('applied'), ...marked]);
  await storeTold(trx, of('told'));
  await endLocks(trx, locks, { reason: 'unknown-to-nas', at: encodeTime(at) });
  await forget(
    trx,
    inOrder.map(({ session }) => session.holderToken),
  );
  await forgetOld(trx, gateway, at);
  const awaited = ending.map((one) => ({ ...one, asked: disconnectedMark, errorCause: null }));
  await remember(trx, gateway, [...putOff, ...awaited]);
  const triggers = await recordTriggers(
    trx,
    locks.filter(isFollowed).map((lock) => ({
      gateway: lock.gateway,
      reason: 'session-unknown-to-nas',
      vpnConnectionId: lock.vpn_connection_id,
      at,
    })),
  );
  return { released: locks.length, triggers };
}

/** Says what the Access-Accept of a session has carried: the NAS has it, as if it had acknowledged it. */
export async function recordNasApplied(
  trx: TruthTransaction,
  session: { readonly vpnConnectionId: number; readonly holderToken: string; readonly mark: string },
): Promise<void> {
  await trx
    .updateTable('active_session_locks')
    .set({ nas_applied: session.mark })
    .where('vpn_connection_id', '=', session.vpnConnectionId)
    .where('state', '=', 'held')
    .where('holder_token', '=', session.holderToken)
    .execute();
}

async function lockHeld(
  trx: TruthTransaction,
  sessions: readonly NasSubject[],
): Promise<readonly StoredLock[]> {
  if (sessions.length === 0) return [];
  const connections = sessions.map(({ vpnConnectionId }) => vpnConnectionId);
  await lockConnections(
    trx,
    connections.toSorted((one, other) => one - other),
  );
  const tokens = new Set(sessions.map(({ holderToken }) => holderToken));
  const { rows } = await sql<StoredLock>`
    select * from active_session_locks where id in (${sql.join(sessions.map(({ id }) => id))}) and state = 'held'
    order by id ${engineSql(trx).forUpdate}`.execute(trx);
  return rows.filter(({ holder_token: token }) => token !== null && tokens.has(token));
}

/**
 * A statement for all that get the same mark. No two sessions have a token in common, so a row whose id and token are both
 * among them is one of them.
 */
async function storeMarks(
  trx: TruthTransaction,
  marked: readonly { readonly session: NasSubject; readonly mark: string }[],
): Promise<void> {
  for (const [mark, some] of Map.groupBy(marked, (one) => one.mark)) {
    for (const chunk of chunksOf(some)) {
      const { ids, tokens } = namesOf(chunk);
      await trx
        .updateTable('active_session_locks')
        .set({ nas_applied: mark })
        .where('id', 'in', ids)
        .where('state', '=', 'held')
        .where('holder_token', 'in', tokens)
        .execute();
    }
  }
}

async function storeTold(
  trx: TruthTransaction,
  told: readonly Extract<NasSettlement, { readonly kind: 'told' }>[],
): Promise<void> {
  for (const [as, some] of Map.groupBy(told, (one) => one.as)) {
    for (const chunk of chunksOf(some)) {
      const { ids, tokens } = namesOf(chunk);
      await trx
        .updateTable('released_sessions')
        .set({ nas_disconnect: as })
        .where('id', 'in', ids)
        .where('holder_token', 'in', tokens)
        .execute();
    }
  }
}

function namesOf(some: readonly { readonly session: NasSubject }[]) {
  return {
    ids: some.map(({ session }) => session.id),
    tokens: some.map(({ session }) => session.holderToken),
  };
}

async function remember(
  trx: TruthTransaction,
  gateway: string,
  answers: readonly Omit<Extract<NasSettlement, { readonly kind: 'put-off' }>, 'kind'>[],
): Promise<void> {
  const rows = answers.map(({ session, asked, errorCause, retryAt }) => ({
    holder_token: session.holderToken,
    gateway,
    asked,
    error_cause: errorCause,
    retry_at: encodeTime(retryAt),
  }));
  for (const chunk of chunksOf(rows)) await trx.insertInto('nas_answers').values(chunk).execute();
}

async function forget(trx: TruthTransaction, tokens: readonly string[]): Promise<void> {
  for (const chunk of chunksOf(tokens)) {
    await trx.deleteFrom('nas_answers').where('holder_token', 'in', chunk).execute();
  }
}

async function forgetOld(trx: TruthTransaction, gateway: string, at: Moment): Promise<void> {
  const before = encodeTime(Math.max(0, epochMs(at) - forgottenAfterMs));
  await trx.deleteFrom('nas_answers').where('gateway', '=', gateway).where('retry_at', '<', before).execute();
}
