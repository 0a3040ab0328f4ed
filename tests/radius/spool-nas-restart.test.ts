/** A NAS that begins anew with more sessions than one transaction ends: the rest waits in the spool. */
import type { Truth } from '@holdfast/truth-db';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccountingIntake } from '../../apps/radius-mapper/src/accounting/accounting-intake.ts';
import { type AccountingWorld, accountingWorld, gateway, nas, nasEvent } from './accounting-world.ts';

const { signal } = new AbortController();

let world: AccountingWorld;
beforeEach(async () => {
  world = await accountingWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

/** Another mapper on the same directory. */
const intakeOf = ({ mapper, stateDir }: AccountingWorld) =>
  new AccountingIntake({ ...mapper, stateDirectory: stateDir });

describe('a NAS with many sessions that begins anew', () => {
  it('is answered after the first batch; the rest is on disk and follows', async () => {
    await manySessions(world.truth, 1_201);
    const intake = intakeOf(world);
    expect(await intake.take(nasEvent('nas-on'))).toBe('spooled');
    expect(await heldSessions(world.truth)).toBe(701);
    expect(await intake.drain(signal)).toBe('done');
    expect(await heldSessions(world.truth)).toBe(0);
    expect(await intake.spool.list()).toEqual([]);
  });

  it('is released to the last one by whoever comes after a drain that was cut short', async () => {
    await manySessions(world.truth, 1_201);
    const intake = intakeOf(world);
    await intake.take(nasEvent('nas-on'));
    const stop = new AbortController();
    stop.abort();
    await intake.drain(stop.signal);
    expect(await intake.spool.list()).toHaveLength(1);
    await intakeOf(world).drain(signal);
    expect(await heldSessions(world.truth)).toBe(0);
  });
});

async function manySessions(truth: Truth, count: number): Promise<void> {
  const at = '2026-01-10T00:00:00.000Z';
  const numbers = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;
  await truth.transaction(async (trx) => {
    await sql`insert into vpn_connections (id, token, created_at, status, unclaimed_grace_until, claim_deadline)
      ${numbers} select 1000 + i, 't' || i, ${at}, 'PREPROVISIONED', ${at}, ${at} from n`.execute(trx);
    await sql`insert into active_session_locks
      (vpn_connection_id, session_key, acquired_at, expires_at, state, gateway, nas_ip)
      ${numbers} select 1000 + i, 'k' || i, ${at}, ${at}, 'held', ${gateway}, ${nas} from n`.execute(trx);
  });
}

async function heldSessions(truth: Truth): Promise<number> {
  const { count } = await truth.db
    .selectFrom('active_session_locks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('state', '=', 'held')
    .executeTakeFirstOrThrow();
  return count;
}
