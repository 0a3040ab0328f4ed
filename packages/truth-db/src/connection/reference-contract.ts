/**
 * The life of connections and customers told once more, naively and without the table: the reference that the property
 * test compares truth with. It shares no line with what it checks.
 */
import type { CustomerEvent } from '../customer/customer-lifecycle.ts';
import type { ConnectionEvent } from './transitions.ts';

const dayMs = 86_400_000;

export interface ReferenceConnection {
  status: string;
  customerId: number | null;
  claimedAt: number | null;
  graceUntil: number;
  graceSetAt: number | null;
  deadline: number;
  deadlineSetAt: number | null;
  reason: string | null;
  version: number;
}

export class Reference {
  readonly connections = new Map<number, ReferenceConnection>();
  readonly customers = new Map<number, string>();

  provision(id: number, now: number): void {
    this.connections.set(id, {
      status: 'PREPROVISIONED',
      customerId: null,
      claimedAt: null,
      graceUntil: now + 30 * dayMs,
      graceSetAt: null,
      deadline: now + 180 * dayMs,
      deadlineSetAt: null,
      reason: null,
      version: 1,
    });
  }

  /** What a gateway has to do: `open`, `restricted` or `refused`. */
  access(id: number): string {
    const row = this.#row(id);
    const owner = row.customerId === null ? 'active' : this.customers.get(row.customerId);
    if (row.status === 'DISABLED' || owner !== 'active') return 'refused';
    return row.reason === null ? 'open' : 'restricted';
  }

  /** Time for one connection. */
  pass(id: number, now: number): void {
    const row = this.#row(id);
    const before = JSON.stringify(row);
    age(row, now);
    if (JSON.stringify(row) !== before) row.version += 1;
  }

  /** @returns `ok`, or the code of the refusal; then nothing has changed */
  happen(id: number, event: ConnectionEvent, now: number): string {
    const row = { ...this.#row(id) };
    const before = JSON.stringify(row);
    age(row, now);
    const outcome = this.#apply(row, event, now);
    if (outcome !== 'ok') return outcome;
    age(row, now);
    if (JSON.stringify(row) !== before) row.version += 1;
    this.connections.set(id, row);
    return 'ok';
  }

  /** @returns `ok`, or the code of the refusal */
  customerHappens(id: number, event: CustomerEvent): string {
    const status = this.customers.get(id);
    if (status === 'deleted' && event !== 'delete') return 'CUSTOMER_DELETED';
    this.customers.set(id, { suspend: 'suspended', activate: 'active', delete: 'deleted' }[event]);
    return 'ok';
  }

  #row(id: number): ReferenceConnection {
    const row = this.connections.get(id);
    if (row === undefined) throw new Error(`the reference has no connection ${id}`);
    return row;
  }

  #apply(row: ReferenceConnection, event: ConnectionEvent, now: number): string {
    if (event.kind === 'claim') return this.#claim(row, event.customerId, now);
    if (event.kind === 'disable') return disable(row);
    if (event.kind === 'enable') return enable(row, now);
    if (event.kind === 'restrict') return restrict(row, event.reason);
    if (event.kind === 'unrestrict') return unrestrict(row, event.reason);
    if (row.customerId !== null) return 'CONNECTION_CLAIMED';
    const until = event.until === undefined ? undefined : Number(event.until);
    return event.kind === 'reset-grace' ? resetGrace(row, until, now) : extendDeadline(row, until, now);
  }

  #claim(row: ReferenceConnection, customerId: number, now: number): string {
    if (row.status === 'CLAIMED') return 'CONNECTION_CLAIMED';
    if (row.status === 'DISABLED' && row.customerId === null && now >= row.deadline)
      return 'CLAIM_DEADLINE_PASSED';
    if (row.status === 'DISABLED') return 'CONNECTION_DISABLED';
    if (this.customers.get(customerId) !== 'active') return 'CUSTOMER_INACTIVE';
    Object.assign(row, { status: 'CLAIMED', customerId, claimedAt: now });
    if (row.reason === 'UNCLAIMED_OVERDUE') row.reason = null;
    return 'ok';
  }
}

function age(row: ReferenceConnection, now: number): void {
  if (row.status === 'PREPROVISIONED' && now >= row.deadline) disable(row);
  if (row.status === 'PREPROVISIONED' && now >= row.graceUntil) row.reason ??= 'UNCLAIMED_OVERDUE';
}

function disable(row: ReferenceConnection): string {
  row.status = 'DISABLED';
  if (row.reason === 'UNCLAIMED_OVERDUE') row.reason = null;
  return 'ok';
}

function enable(row: ReferenceConnection, now: number): string {
  if (row.status !== 'DISABLED') return 'ok';
  if (row.customerId === null && now >= row.deadline) return 'CLAIM_DEADLINE_PASSED';
  row.status = row.customerId === null ? 'PREPROVISIONED' : 'CLAIMED';
  return 'ok';
}

function resetGrace(row: ReferenceConnection, wanted: number | undefined, now: number): string {
  if (now >= row.deadline) return 'CLAIM_DEADLINE_PASSED';
  const until = wanted ?? Math.min(now + 30 * dayMs, row.deadline);
  if (until <= now || until > row.deadline) return 'DATE_OUT_OF_RANGE';
  Object.assign(row, { graceUntil: until, graceSetAt: now });
  if (row.reason === 'UNCLAIMED_OVERDUE') row.reason = null;
  return 'ok';
}

function extendDeadline(row: ReferenceConnection, wanted: number | undefined, now: number): string {
  const deadline = wanted ?? now + 180 * dayMs;
  if (deadline <= now || deadline <= row.deadline || deadline > now + 3_650 * dayMs)
    return 'DATE_OUT_OF_RANGE';
  Object.assign(row, { deadline, deadlineSetAt: now });
  return 'ok';
}

function restrict(row: ReferenceConnection, reason: string): string {
  const isWeaker =
    row.reason === 'MANUAL' || (row.reason === 'EXPIRY' && reason === 'QUOTA') || row.reason === reason;
  if (!isWeaker) row.reason = reason;
  return 'ok';
}

function unrestrict(row: ReferenceConnection, reason: string): string {
  if (row.reason === reason) row.reason = null;
  return 'ok';
}
