/**
 * Triggers: that somebody asks for a run of a gateway, and in which order they asked. The id of a trigger is the clock
 * of its gateway, so it has to follow the order of *commits*: a run that has seen id 7 claims to cover everything up to
 * 7, and a transaction that took 6 earlier but committed later would be lost.
 *
 * An auto-increment is taken when the row is inserted and does not have that property. Here the id comes from a counter
 * row per gateway: the transaction that updates it holds it until its commit, so the next id is given out after that.
 * The counter also survives the pruning of triggers: an id is never used twice. A gateway that was inserted by SQL alone
 * gets its counter with its first trigger.
 */
import { unknownGateway } from './gateways.ts';
import type { Truth, TruthTransaction } from './truth.ts';
import { encodeTime, type Moment } from './utc-time.ts';

export interface Trigger {
  readonly gateway: string;
  /** Why something should be looked at: `ip-up`, `panel`, `timer`, … */
  readonly reason: string;
  /** The connection that changed, when the trigger knows it. It need not exist any more. */
  readonly vpnConnectionId?: number | undefined;
  readonly at: Moment;
}

/**
 * Records a trigger in the transaction that changes truth, and returns its id.
 *
 * Call it last in the transaction: from here to the commit no other transaction gets an id of this gateway, and one
 * order of locks (rows first, counter last) cannot deadlock.
 *
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 */
export async function recordTrigger(trx: TruthTransaction, trigger: Trigger): Promise<number> {
  const { gateway, reason, vpnConnectionId = null, at } = trigger;
  const id = await nextId(trx, gateway);
  await trx
    .insertInto('policy_triggers')
    .values({
      gateway,
      id,
      reason,
      vpn_connection_id: vpnConnectionId,
      created_at: encodeTime(at),
    })
    .execute();
  return id;
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

async function nextId(trx: TruthTransaction, gateway: string): Promise<number> {
  if (!(await countUp(trx, gateway))) {
    await addMissingCounter(trx, gateway);
    if (!(await countUp(trx, gateway))) throw unknownGateway(gateway);
  }
  const counter = await trx
    .selectFrom('trigger_counters')
    .select('last_id')
    .where('gateway', '=', gateway)
    .executeTakeFirstOrThrow();
  return counter.last_id;
}

/** @returns whether there is a counter */
async function countUp(trx: TruthTransaction, gateway: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('trigger_counters')
    .set((eb) => ({ last_id: eb('last_id', '+', 1) }))
    .where('gateway', '=', gateway)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Adds the counter of a gateway that has none, in one statement, so that of two transactions one adds it and the other
 * counts on. It begins where ids may have been used: above every trigger that is there and every one that a run covered.
 */
async function addMissingCounter(trx: TruthTransaction, gateway: string): Promise<void> {
  const used = await lastUsedId(trx, gateway);
  await trx
    .insertInto('trigger_counters')
    .columns(['gateway', 'last_id'])
    .expression((eb) =>
      eb
        .selectFrom('gateways')
        .select(({ val }) => ['name', val(used).as('last_id')])
        .where('name', '=', gateway)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('trigger_counters').select('last_id').where('gateway', '=', gateway))),
        ),
    )
    .execute();
}

async function lastUsedId(trx: TruthTransaction, gateway: string): Promise<number> {
  const newest = await trx
    .selectFrom('policy_triggers')
    .select(({ fn }) => fn.max('id').as('id'))
    .where('gateway', '=', gateway)
    .executeTakeFirst();
  const state = await trx
    .selectFrom('gateway_state')
    .select('covered')
    .where('gateway', '=', gateway)
    .executeTakeFirst();
  return Math.max(newest?.id ?? 0, state?.covered ?? 0);
}
