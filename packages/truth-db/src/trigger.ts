/**
 * Triggers: that somebody asks for a run of a gateway, and in which order they asked. The id of a trigger is the clock
 * of its gateway, so it has to follow the order of *commits*: a run that has seen id 7 claims to cover everything up to
 * 7, and a transaction that took 6 earlier but committed later would be lost.
 *
 * An auto-increment is taken when the row is inserted and does not have that property. Here the ids come from a counter
 * row per gateway: the transaction that updates it holds it until its commit, so the next id is given out after that.
 * The counter also survives the pruning of triggers: an id is never used twice. A gateway that was inserted by SQL alone
 * gets its counter with its first trigger.
 */
import { sql } from 'kysely';
import { askKysely } from './ask-kysely.ts';
import { chunksOf } from './chunks.ts';
import { engineSql, engineWords } from './engine-sql.ts';
import { addingCounter, allotting, recordingOf, type Trigger } from './trigger-askings.ts';
import type { Truth, TruthTransaction } from './truth.ts';
import { encodeTime } from './utc-time.ts';

export type { Trigger } from './trigger-askings.ts';

/** A trigger that was recorded; a run that covers its id has seen the change. */
export interface RecordedTrigger {
  readonly gateway: string;
  readonly id: number;
}

/**
 * Records a trigger in the transaction that changes truth, and returns its id.
 *
 * Call it last in the transaction: from here to the commit no other transaction gets an id of this gateway, and one
 * order of locks (rows first, counter last) cannot deadlock. Who has triggers for several gateways gives all of them to
 * one `recordTriggers`.
 *
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export async function recordTrigger(trx: TruthTransaction, trigger: Trigger): Promise<number> {
  return askKysely(trx, recordingOf(trigger, engineWords(trx)));
}

/**
 * Records several triggers, of several gateways, last in the transaction. Counters are taken in the order of the
 * gateways' names: of two transactions that need the same ones, one waits and none deadlocks.
 *
 * @returns them by gateway; those of one gateway have consecutive ids in the order given
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export async function recordTriggers(
  trx: TruthTransaction,
  triggers: readonly Trigger[],
): Promise<readonly RecordedTrigger[]> {
  const recorded: RecordedTrigger[] = [];
  for (const [gateway, some] of byGateway(triggers)) {
    const last = await askKysely(trx, allotting(gateway, some.length, engineWords(trx)));
    const rows = some.map(({ reason, vpnConnectionId = null, at }, index) => ({
      gateway,
      id: last - some.length + index + 1,
      reason,
      vpn_connection_id: vpnConnectionId,
      created_at: encodeTime(at),
    }));
    for (const chunk of chunksOf(rows)) await trx.insertInto('policy_triggers').values(chunk).execute();
    recorded.push(...rows.map(({ id }) => ({ gateway, id })));
  }
  return recorded;
}

/** The newest trigger of a gateway that is committed; 0 before the first. */
export async function readNewestTrigger(truth: Truth, gateway: string): Promise<number> {
  const row = await truth.db
    .selectFrom('trigger_counters')
    .select('last_id')
    .where('gateway', '=', gateway)
    .executeTakeFirst();
  return row?.last_id ?? 0;
}

/**
 * Changes truth and records the trigger for it, last, in one transaction: the way to make a change that a gateway has
 * to follow. `change` may run more than once, as in `Truth.transaction`.
 *
 * @returns what `change` returned, and the id of the trigger
 * @throws HoldfastError as `Truth.transaction` and `recordTrigger`
 */
export async function changeWithTrigger<Result>(
  truth: Truth,
  trigger: Trigger,
  change: (trx: TruthTransaction) => Promise<Result>,
): Promise<{ readonly result: Result; readonly trigger: number }> {
  return truth.transaction(async (trx) => {
    const result = await change(trx);
    return { result, trigger: await recordTrigger(trx, trigger) };
  });
}

/**
 * Takes the counters of `gateways` before the triggers are recorded, for a change that only one transaction of a gateway
 * may make at a time. All of them at once, in the order in which `recordTriggers` takes them.
 */
export async function holdCounters(trx: TruthTransaction, gateways: readonly string[]): Promise<void> {
  const { hasRowLocks, forUpdate } = engineSql(trx);
  if (!hasRowLocks) return;
  for (const gateway of [...new Set(gateways)].toSorted()) {
    const read = sql`select last_id from trigger_counters where gateway = ${gateway} ${forUpdate}`;
    if ((await read.execute(trx)).rows.length > 0) continue;
    await askKysely(trx, addingCounter(gateway, engineWords(trx)));
    await read.execute(trx);
  }
}

function byGateway(triggers: readonly Trigger[]): readonly (readonly [string, readonly Trigger[]])[] {
  const groups = Map.groupBy(triggers, ({ gateway }) => gateway);
  return [...groups].toSorted(([one], [other]) => (one < other ? -1 : 1));
}
