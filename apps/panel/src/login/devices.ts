/** Devices on which somebody is logged in: families with the name of the browser that began them. No secret is read. */
import type { Device } from '@holdfast/panel-client/schema';
import {
  decodeTime,
  encodeTime,
  type Truth,
  type TruthTables,
  type TruthTransaction,
} from '@holdfast/truth-db';
import type { Kysely } from 'kysely';

/** What a browser says of itself. */
export interface DeviceNote {
  /** Of its cookie. */
  readonly deviceId: string;
  readonly userAgent: string | undefined;
}

interface DeviceList {
  readonly profile: string;
  readonly principal: string;
  /** The family of whoever asks. */
  readonly current: string;
  readonly nowMs: number;
}

const longestUserAgent = 200;
const sweptAtOnce = 1_000;

/** Printable, and no longer than its column; undefined for nothing. */
export function printableAgent(userAgent: string | undefined): string | undefined {
  const text = [...(userAgent ?? '').toWellFormed().replaceAll(/\p{C}+/gu, ' ')].slice(0, longestUserAgent);
  const trimmed = text.join('').trim();
  return trimmed === '' ? undefined : trimmed;
}

/** In the transaction that begins the family. */
export async function recordDevice(
  trx: TruthTransaction,
  familyId: string,
  { userAgent }: DeviceNote,
  nowMs: number,
): Promise<void> {
  const device = { user_agent: printableAgent(userAgent) ?? null, since: encodeTime(nowMs) };
  await trx
    .insertInto('panel_devices')
    .values({ family_id: familyId, ...device })
    .execute();
}

/** The one that was used last comes first. */
export async function listDevices(db: Kysely<TruthTables>, list: DeviceList): Promise<readonly Device[]> {
  const rows = await db
    .selectFrom('token_families as family')
    .leftJoin('panel_devices as device', 'device.family_id', 'family.family_id')
    .select(['family.family_id as id', 'device.since', 'device.user_agent as userAgent'])
    .select(['family.rotated_at as usedMs', 'idle_expires_at as idleMs', 'absolute_expires_at as endMs'])
    .where('family.profile', '=', list.profile)
    .where('family.user_id', '=', list.principal)
    .where('family.revoked_at', 'is', null)
    .where('family.idle_expires_at', '>=', list.nowMs)
    .where('family.absolute_expires_at', '>=', list.nowMs)
    .orderBy('family.rotated_at', 'desc')
    .orderBy('family.family_id')
    .limit(1_000)
    .execute();
  return rows.map(({ id, since, userAgent, usedMs, idleMs, endMs }) => ({
    id,
    isCurrent: id === list.current,
    since: since === null ? null : isoTime(decodeTime(since)),
    lastUsedAt: isoTime(usedMs),
    expiresAt: isoTime(Math.min(idleMs, endMs)),
    userAgent,
  }));
}

/** Ids of families are random and never used again: what has no family now never gets one. */
export async function sweepDevices(truth: Truth, signal?: AbortSignal): Promise<void> {
  for (let some = sweptAtOnce; some === sweptAtOnce; ) {
    signal?.throwIfAborted();
    some = await truth.transaction(sweepSome);
  }
}

async function sweepSome(trx: TruthTransaction): Promise<number> {
  const rows = await trx
    .selectFrom('panel_devices as device')
    .leftJoin('token_families as family', 'family.family_id', 'device.family_id')
    .select('device.family_id as id')
    .where('family.family_id', 'is', null)
    .limit(sweptAtOnce)
    .execute();
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await trx.deleteFrom('panel_devices').where('family_id', 'in', ids).execute();
  return ids.length;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
