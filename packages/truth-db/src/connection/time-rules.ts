/**
 * What time does to connections, for all rows that are due: one set-based statement per rule, over the columns of one
 * index. `tighten` in `lifecycle.ts` says the same of a single state, and a test compares the two.
 *
 * A rule works in batches, each a transaction with the triggers of the gateways it concerns: rows are locked for the time
 * of one batch, and whoever wants to write meanwhile has a turn after it. The ids of a batch are read first, because the
 * gateways have to be told of exactly the rows that were written; the statement asks again whether each is due, so a claim
 * that came between is left alone. Idempotent: what a rule has done is not due any more. The clock is the caller's.
 */
import {
  type ExpressionBuilder,
  type ExpressionWrapper,
  type Kysely,
  type RawBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { ConnectionStatus } from '../gateway-snapshot.ts';
import { restrictedEffective } from '../restricted-effective.ts';
import { sqlBoolean } from '../sql-boolean.ts';
import type { RestrictedReason, SqlBoolean, TruthTables } from '../tables.ts';
import { gatewaysHolding, tellGateways } from '../tell-gateways.ts';
import type { Truth, TruthTransaction } from '../truth.ts';
import { encodeTime, type Moment, type UtcTime } from '../utc-time.ts';
import type { ClockEvent } from './transitions.ts';

export interface TimeRulesOptions {
  readonly at: Moment;
  /** Rows per transaction; 500, a few milliseconds. */
  readonly batchRows?: number;
  /** Ends between two batches. What was done stays done, and the next call goes on there. */
  readonly signal?: AbortSignal;
}

/** How many connections each rule has changed. */
export type TimeRulesResult = Readonly<Record<ClockEvent, number>>;

/**
 * Disables connections whose claim deadline has passed unclaimed, then restricts those whose grace has passed.
 *
 * @throws HoldfastError as `Truth.transaction`; batches that were committed before stay
 */
export async function applyTimeRules(truth: Truth, options: TimeRulesOptions): Promise<TimeRulesResult> {
  return {
    'deadline-passed': await applyRule(truth, 'deadline-passed', options),
    'grace-passed': await applyRule(truth, 'grace-passed', options),
  };
}

type Rows = ExpressionBuilder<TruthTables, 'vpn_connections'>;

interface TimeRule {
  /** What is due, over the columns of one index, in whose order the batches go. */
  readonly orderBy: 'claim_deadline' | 'unclaimed_grace_until';
  readonly isDue: (eb: Rows, at: UtcTime) => ExpressionWrapper<TruthTables, 'vpn_connections', SqlBool>;
  readonly change: {
    readonly status: ConnectionStatus;
    readonly restricted_reason: RestrictedReason | RawBuilder<RestrictedReason | null>;
    readonly restricted_effective: SqlBoolean;
  };
}

/** Whatever a rule leaves behind has no customer, and a status or reason that restricts whatever the other one is. */
const restricts = (status: ConnectionStatus, restrictedReason: RestrictedReason | null) =>
  sqlBoolean(restrictedEffective({ status, restrictedReason, customerStatus: null }));

const rules: Readonly<Record<ClockEvent, TimeRule>> = {
  'deadline-passed': {
    orderBy: 'claim_deadline',
    isDue: (eb, at) => eb.and([eb('status', '=', 'PREPROVISIONED'), eb('claim_deadline', '<=', at)]),
    change: {
      status: 'DISABLED',
      restricted_reason: sql`nullif(restricted_reason, 'UNCLAIMED_OVERDUE')`,
      restricted_effective: restricts('DISABLED', null),
    },
  },
  'grace-passed': {
    orderBy: 'unclaimed_grace_until',
    isDue: (eb, at) =>
      eb.and([
        eb('status', '=', 'PREPROVISIONED'),
        eb('restricted_reason', 'is', null),
        eb('unclaimed_grace_until', '<=', at),
      ]),
    change: {
      status: 'PREPROVISIONED',
      restricted_reason: 'UNCLAIMED_OVERDUE',
      restricted_effective: restricts('PREPROVISIONED', 'UNCLAIMED_OVERDUE'),
    },
  },
};

async function applyRule(truth: Truth, event: ClockEvent, options: TimeRulesOptions): Promise<number> {
  const { at, batchRows = 500, signal } = options;
  let changed = 0;
  for (let isMore = true; isMore; ) {
    signal?.throwIfAborted();
    const batch = await truth.transaction((trx) => applyBatch(trx, event, { at, batchRows }));
    changed += batch.changed;
    isMore = batch.found === batchRows;
  }
  return changed;
}

/** A condition that no index serves: the ids do, and a planner that takes the index of the rule reads all that is due. */
function asNumber(eb: Rows, condition: ReturnType<TimeRule['isDue']>) {
  return eb.case().when(condition).then(1).else(0).end();
}

interface Batch {
  readonly at: Moment;
  readonly batchRows: number;
}

/** The query for the connections that are due first. Exported for those who look at its plan. */
export function dueConnections(db: Kysely<TruthTables>, event: ClockEvent, { at, batchRows }: Batch) {
  const { orderBy, isDue } = rules[event];
  return db
    .selectFrom('vpn_connections')
    .select('id')
    .where((eb) => isDue(eb, encodeTime(at)))
    .orderBy(orderBy)
    .orderBy('id')
    .limit(batchRows);
}

async function applyBatch(
  trx: TruthTransaction,
  event: ClockEvent,
  { at, batchRows }: Batch,
): Promise<{ readonly found: number; readonly changed: number }> {
  const { isDue, change } = rules[event];
  const now = encodeTime(at);
  const due = await dueConnections(trx, event, { at, batchRows }).execute();
  if (due.length === 0) return { found: 0, changed: 0 };
  const ids = due.map(({ id }) => id);
  const { numUpdatedRows } = await trx
    .updateTable('vpn_connections')
    .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
    .where('id', 'in', ids)
    .where((eb) => eb(asNumber(eb, isDue(eb, now)), '=', 1))
    .executeTakeFirst();
  await tellGateways(trx, await gatewaysHolding(trx, ids), { reason: event, at });
  return { found: ids.length, changed: Number(numUpdatedRows) };
}
