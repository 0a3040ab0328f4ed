/**
 * The property: whatever happens to connections and customers in whatever order, with clocks that jump and time rules
 * that run or do not, truth is what the naive reference says, and gateways were told exactly when they had to be.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  addCustomer,
  addGateway,
  applyTimeRules,
  type ConnectionEvent,
  type CustomerEvent,
  changeConnection,
  changeCustomer,
  encodeTime,
  noPassword,
  provisionConnection,
  restrictedEffective,
  type Truth,
  tighten,
} from '../index.ts';
import { codeOf } from '../testing/code-of.ts';
import { stateOf } from './connection-row.ts';
import { Reference } from './reference-contract.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 10);
const gateways = ['gw1', 'gw2'] as const;

type Step =
  | { readonly do: 'provision'; readonly gateway: string | null }
  | {
      readonly do: 'happen';
      readonly which: number;
      readonly event: ConnectionEvent;
      readonly until: number | undefined;
    }
  | { readonly do: 'customer'; readonly which: number; readonly event: CustomerEvent }
  | { readonly do: 'clock'; readonly days: number }
  | { readonly do: 'rules'; readonly batchRows: number };

const reasons = fc.constantFrom('MANUAL' as const, 'EXPIRY' as const, 'QUOTA' as const);
const events: fc.Arbitrary<ConnectionEvent> = fc.oneof(
  fc.record({ kind: fc.constant('claim' as const), customerId: fc.constantFrom(1, 2) }),
  fc.constantFrom<ConnectionEvent>(
    { kind: 'disable' },
    { kind: 'enable' },
    { kind: 'reset-grace' },
    { kind: 'extend-deadline' },
  ),
  fc.record({ kind: fc.constantFrom('restrict' as const, 'unrestrict' as const), reason: reasons }),
);
const days = fc.constantFrom(-40, -1, 0, 1, 15, 29, 30, 31, 60, 149, 150, 151, 180);
const until = fc.constantFrom(-1, 0, 1, 30, 150, 151, 180, 181, 4_000, undefined);
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('provision' as const),
      gateway: fc.constantFrom(...gateways, null),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('happen' as const), which: fc.nat(5), event: events, until }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('customer' as const),
      which: fc.constantFrom(1, 2),
      event: fc.constantFrom<CustomerEvent>(
        'suspend',
        'suspend',
        'activate',
        'activate',
        'activate',
        'delete',
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('clock' as const), days }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('rules' as const), batchRows: fc.integer({ min: 1, max: 4 }) }),
  },
);

/** @param runs - random lives; each some thirty steps */
export function lifecycleHolds(truth: () => Truth, runs: number): void {
  it('any order of events, clocks and rules leaves truth as the reference says, and every gateway told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 40, size: 'max' }), async (life) => {
        const world = await openWorld(truth());
        for (const gateway of ['gw1', null]) await world.take({ do: 'provision', gateway });
        for (const step of life) await world.take(step);
      }),
      { numRuns: runs },
    );
  }, 120_000);
}

interface World {
  take(step: Step): Promise<void>;
}

async function openWorld(truth: Truth): Promise<World> {
  await empty(truth);
  const reference = new Reference();
  const gatewayOf = new Map<number, string | null>();
  const ids: number[] = [];
  const customers = await truth.transaction(async (trx) => {
    for (const name of gateways) await addGateway(trx, { name, layout: 'shared-device', device: 'wg0' });
    const add = (name: string) =>
      addCustomer(trx, { email: `${name}@example.com`, passwordHash: noPassword, at: start });
    return [await add('ana'), await add('bruno')];
  });
  for (const id of customers) reference.customers.set(id, 'active');
  const customer = (which: number) => customers[which - 1] ?? 0;
  let now = start;

  /** Makes `change`, and says which gateways the reference expects to be told of it. */
  async function compared(change: () => Promise<void>): Promise<void> {
    const before = new Map(ids.map((id) => [id, reference.access(id)]));
    const told = await triggersOf(truth);
    await change();
    const changed = ids.filter((id) => before.has(id) && before.get(id) !== reference.access(id));
    const expected = new Set(changed.map((id) => gatewayOf.get(id)).filter((name) => name != null));
    const after = await triggersOf(truth);
    expect(gateways.filter((name) => (after.get(name) ?? 0) > (told.get(name) ?? 0))).toEqual(
      gateways.filter((name) => expected.has(name)),
    );
    await expectTruth(truth, reference);
  }

  const take: Record<Step['do'], (step: never) => Promise<void>> = {
    provision: async ({ gateway }: Extract<Step, { do: 'provision' }>) => {
      const id = await provisionWithSession(truth, gateway, now);
      reference.provision(id, now);
      gatewayOf.set(id, gateway);
      ids.push(id);
    },
    happen: async ({ which, event, until }: Extract<Step, { do: 'happen' }>) => {
      const id = ids[which % Math.max(1, ids.length)];
      if (id === undefined) return;
      const meant = meantBy(event, {
        customer,
        until: until === undefined ? undefined : now + until * dayMs,
      });
      await compared(async () => {
        const outcome = await codeOf(changeConnection(truth, { vpnConnectionId: id, event: meant, at: now }));
        expect(outcome).toBe(reference.happen(id, meant, now).replace('ok', 'none'));
      });
    },
    customer: ({ which, event }: Extract<Step, { do: 'customer' }>) =>
      compared(async () => {
        const customerId = customer(which);
        const outcome = await codeOf(changeCustomer(truth, { customerId, event, at: now }));
        expect(outcome).toBe(reference.customerHappens(customerId, event).replace('ok', 'none'));
      }),
    clock: async ({ days }: Extract<Step, { do: 'clock' }>) => {
      now = Math.max(start, now + days * dayMs);
    },
    rules: ({ batchRows }: Extract<Step, { do: 'rules' }>) =>
      compared(async () => {
        const pure = await tightened(truth, now);
        await applyTimeRules(truth, { at: now, batchRows });
        for (const id of ids) reference.pass(id, now);
        expect(await statesOf(truth)).toEqual(pure);
        const idle = await applyTimeRules(truth, { at: now, batchRows });
        expect(idle).toEqual({ 'deadline-passed': 0, 'grace-passed': 0 });
      }),
  };
  return { take: (step) => take[step.do](step as never) };
}

/** The event with the ids and dates of this world. */
function meantBy(
  event: ConnectionEvent,
  { customer, until }: { readonly customer: (which: number) => number; readonly until: number | undefined },
): ConnectionEvent {
  if (event.kind === 'claim') return { kind: 'claim', customerId: customer(event.customerId) };
  if (event.kind !== 'reset-grace' && event.kind !== 'extend-deadline') return event;
  return { kind: event.kind, ...(until !== undefined && { until }) };
}

async function provisionWithSession(truth: Truth, gateway: string | null, now: number): Promise<number> {
  return truth.transaction(async (trx) => {
    const { id } = await provisionConnection(trx, { at: now });
    const time = encodeTime(now);
    const session = {
      session_key: `key-${id}`,
      acquired_at: time,
      expires_at: time,
      state: 'held',
      gateway,
    } as const;
    if (gateway !== null) {
      await trx
        .insertInto('active_session_locks')
        .values({ ...session, vpn_connection_id: id })
        .execute();
    }
    return id;
  });
}

async function expectTruth(truth: Truth, reference: Reference): Promise<void> {
  const rows = await truth.db.selectFrom('vpn_connections').selectAll().execute();
  const found = rows.map((row) => {
    const { status, customerId, claimedAt, restrictedReason: reason, ...dates } = stateOf(row);
    const { unclaimedGraceUntil: graceUntil, unclaimedGraceSetAt: graceSetAt } = dates;
    const { claimDeadline: deadline, claimDeadlineSetAt: deadlineSetAt } = dates;
    const state = { status, customerId, claimedAt, graceUntil, graceSetAt, deadline, deadlineSetAt, reason };
    return [row.id, { ...state, version: row.version }];
  });
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(reference.connections));
  for (const row of rows) {
    expect(row.restricted_effective, `connection ${row.id}`).toBe(
      Number(reference.access(row.id) !== 'open'),
    );
    expect(row.status === 'PREPROVISIONED' && row.customer_id !== null).toBe(false);
    expect(row.status === 'CLAIMED' && row.customer_id === null).toBe(false);
    expect(row.restricted_reason === 'UNCLAIMED_OVERDUE' && row.status !== 'PREPROVISIONED').toBe(false);
  }
}

/** Each row as the pure machine leaves it, one by one. */
async function tightened(truth: Truth, now: number): Promise<unknown> {
  const rows = await truth.db.selectFrom('vpn_connections').selectAll().orderBy('id').execute();
  const customers = await truth.db.selectFrom('customers').select(['id', 'status']).execute();
  const statusOf = new Map(customers.map(({ id, status }) => [id, status]));
  return rows.map((row) => {
    const state = tighten(stateOf(row), now);
    const customerStatus = statusOf.get(state.customerId ?? 0) ?? null;
    return { ...state, restrictedEffective: Number(restrictedEffective({ ...state, customerStatus })) };
  });
}

async function statesOf(truth: Truth): Promise<unknown> {
  const rows = await truth.db.selectFrom('vpn_connections').selectAll().orderBy('id').execute();
  return rows.map((row) => ({ ...stateOf(row), restrictedEffective: row.restricted_effective }));
}

/** Newest trigger id by gateway. */
async function triggersOf(truth: Truth): Promise<ReadonlyMap<string, number>> {
  const rows = await truth.db.selectFrom('trigger_counters').selectAll().execute();
  return new Map(rows.map(({ gateway, last_id: last }) => [gateway, last]));
}

async function empty(truth: Truth): Promise<void> {
  const tables = [
    'active_session_locks',
    'policy_triggers',
    'trigger_counters',
    'gateway_state',
    'gateways',
  ] as const;
  await truth.transaction(async (trx) => {
    for (const table of [...tables, 'vpn_connections', 'customers'] as const)
      await trx.deleteFrom(table).execute();
  });
}
