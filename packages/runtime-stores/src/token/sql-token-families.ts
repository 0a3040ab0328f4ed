/**
 * Families in the table `token_families`, each change in the transaction of the caller: a login and its family, a new
 * password and the end of all families, commit together or not at all. The row is locked until then, so a refresh, a
 * logout and a revocation exclude each other.
 *
 * Durable as the database's commits are. A family that another transaction is adding is not found by `changeOfUser`: who
 * changes a password locks the row of the user, which a login reads under the same lock.
 */
import { type Clock, systemClock } from '@holdfast/base';
import { engineSql, type TruthTables, type TruthTransaction } from '@holdfast/truth-db';
import { type Kysely, type Selectable, sql } from 'kysely';
import { sweptAtOnce } from '../sql/sweep-in-steps.ts';
import type { FamilyDecision, TokenFamilies } from './token-families.ts';
import type { RevocationReason, TokenFamily } from './token-family.ts';
import { requireProfile } from './token-profile.ts';

export interface SqlTokenFamiliesOptions {
  readonly profile: string;
  readonly clock?: Clock;
}

type FamilyRow = Selectable<TruthTables['token_families']>;

/** Of one profile, in `trx`. @throws HoldfastError CONFIG_INVALID - no name of a profile */
export function sqlTokenFamilies(trx: TruthTransaction, options: SqlTokenFamiliesOptions): TokenFamilies {
  const { clock = systemClock } = options;
  const profile = requireProfile(options.profile);
  const change = async <Result>(
    familyId: string,
    decide: (family: TokenFamily | undefined, nowMs: number) => FamilyDecision<Result>,
  ): Promise<Result> => {
    const found = await lockFamily(trx, familyId);
    const { result, family } = decide(found, clock.wallMs());
    if (family !== undefined) await storeFamily(trx, family);
    return result;
  };
  return {
    profile,
    change,
    add: async (make) => {
      const made = make(clock.wallMs());
      await trx.insertInto('token_families').values(rowOf(made)).execute();
      return made;
    },
    changeOfUser: async (userId, decide) => {
      const results = [];
      for (const found of await lockFamiliesOf(trx, profile, userId)) {
        const { result, family } = decide(found, clock.wallMs());
        if (family !== undefined) await storeFamily(trx, family);
        results.push(result);
      }
      return results;
    },
    read: (familyId) => readFamily(trx, familyId),
    sweep: async () => ({ removed: await deleteExpired(trx, profile, clock.wallMs()) }),
  };
}

export async function readFamily(
  db: Kysely<TruthTables>,
  familyId: string,
): Promise<TokenFamily | undefined> {
  const row = await db
    .selectFrom('token_families')
    .selectAll()
    .where('family_id', '=', familyId)
    .executeTakeFirst();
  return row === undefined ? undefined : familyOf(row);
}

/** The oldest of those whose time is over. @returns how many */
export async function deleteExpired(trx: TruthTransaction, profile: string, nowMs: number): Promise<number> {
  const { rows } = await sql<{ family_id: string }>`
    select family_id from token_families where absolute_expires_at < ${nowMs} and profile = ${profile}
    order by absolute_expires_at limit ${sweptAtOnce} ${engineSql(trx).forUpdate}`.execute(trx);
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.family_id);
  await trx.deleteFrom('token_families').where('family_id', 'in', ids).execute();
  return ids.length;
}

/** Whatever its profile: whoever decides looks at that. */
async function lockFamily(trx: TruthTransaction, familyId: string): Promise<TokenFamily | undefined> {
  const { rows } = await sql<FamilyRow>`
    select * from token_families where family_id = ${familyId} ${engineSql(trx).forUpdate}`.execute(trx);
  return rows[0] === undefined ? undefined : familyOf(rows[0]);
}

/** In the order of their ids, so that two who lock them do not wait for each other. */
async function lockFamiliesOf(
  trx: TruthTransaction,
  profile: string,
  userId: string,
): Promise<readonly TokenFamily[]> {
  const { rows } = await sql<FamilyRow>`
    select * from token_families where profile = ${profile} and user_id = ${userId}
    order by family_id ${engineSql(trx).forUpdate}`.execute(trx);
  return rows.map(familyOf);
}

/** The row is locked by this transaction. */
async function storeFamily(trx: TruthTransaction, family: TokenFamily): Promise<void> {
  const { generation, rotated_at, idle_expires_at, revoked_at, revoked_reason } = rowOf(family);
  await trx
    .updateTable('token_families')
    .set({ generation, rotated_at, idle_expires_at, revoked_at, revoked_reason })
    .where('family_id', '=', family.familyId)
    .execute();
}

function familyOf(row: FamilyRow): TokenFamily {
  return {
    familyId: row.family_id,
    profile: row.profile,
    userId: row.user_id,
    deviceId: row.device_id === '' ? null : row.device_id,
    secret: row.secret,
    generation: row.generation,
    rotatedAtMs: row.rotated_at,
    idleExpiresAtMs: row.idle_expires_at,
    absoluteExpiresAtMs: row.absolute_expires_at,
    revokedAtMs: row.revoked_at,
    revokedReason: row.revoked_reason as RevocationReason | null,
  };
}

function rowOf(family: TokenFamily): FamilyRow {
  return {
    family_id: family.familyId,
    profile: family.profile,
    user_id: family.userId,
    device_id: family.deviceId ?? '',
    secret: family.secret,
    generation: family.generation,
    rotated_at: family.rotatedAtMs,
    idle_expires_at: family.idleExpiresAtMs,
    absolute_expires_at: family.absoluteExpiresAtMs,
    revoked_at: family.revokedAtMs,
    revoked_reason: family.revokedReason,
  };
}
