/**
 * The state machine of a connection as a table: for each phase and each event what happens. `docs/connections.md` shows
 * it and is checked against it; `decide` carries it out.
 */
import type { ErrorCode } from '@holdfast/base';
import type { Moment } from '../utc-time.ts';
import type { Phase } from './connection-state.ts';
import type { SettableReason } from './restriction.ts';

/** What somebody wants of a connection. */
export type ConnectionEvent =
  | { readonly kind: 'claim'; readonly customerId: number }
  | { readonly kind: 'disable' }
  | { readonly kind: 'enable' }
  /** Grace up to `until`; 30 days from now, or up to the deadline when that is sooner. */
  | { readonly kind: 'reset-grace'; readonly until?: Moment }
  /** A later deadline; 180 days from now. */
  | { readonly kind: 'extend-deadline'; readonly until?: Moment }
  | { readonly kind: 'restrict'; readonly reason: SettableReason }
  | { readonly kind: 'unrestrict'; readonly reason: SettableReason };

/** What time does. Nobody asks for it: every decision applies it first, and `applyTimeRules` to all rows that are due. */
export type ClockEvent = 'deadline-passed' | 'grace-passed';

/** Conditions of a cell, checked in the order in which the cell names them. */
export type Need = 'customer-active' | 'deadline-ahead' | 'grace-in-range' | 'deadline-in-range';

export const refusalOf: Readonly<Record<Need, ErrorCode>> = {
  'customer-active': 'CUSTOMER_INACTIVE',
  'deadline-ahead': 'CLAIM_DEADLINE_PASSED',
  'grace-in-range': 'DATE_OUT_OF_RANGE',
  'deadline-in-range': 'DATE_OUT_OF_RANGE',
};

export type Cell =
  /** Its fields change; `to` may be the phase it has. */
  | { readonly kind: 'goes'; readonly to: Phase; readonly needs: readonly Need[] }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly needs: readonly Need[] }
  /** Already so, or without meaning there. */
  | { readonly kind: 'nothing'; readonly needs: readonly [] };

const goes = (to: Phase, ...needs: Need[]): Cell => ({ kind: 'goes', to, needs });
const refused = (code: ErrorCode, ...needs: Need[]): Cell => ({ kind: 'refused', code, needs });
const nothing: Cell = { kind: 'nothing', needs: [] };

export const transitions: Readonly<
  Record<Phase, Readonly<Record<ConnectionEvent['kind'] | ClockEvent, Cell>>>
> = {
  PREPROVISIONED: {
    claim: goes('CLAIMED', 'customer-active'),
    disable: goes('DISABLED, unclaimed'),
    enable: nothing,
    'reset-grace': goes('PREPROVISIONED', 'grace-in-range'),
    'extend-deadline': goes('PREPROVISIONED', 'deadline-in-range'),
    restrict: goes('PREPROVISIONED'),
    unrestrict: goes('PREPROVISIONED'),
    'grace-passed': goes('PREPROVISIONED'),
    'deadline-passed': goes('DISABLED, unclaimed'),
  },
  CLAIMED: {
    claim: refused('CONNECTION_CLAIMED'),
    disable: goes('DISABLED, claimed'),
    enable: nothing,
    'reset-grace': refused('CONNECTION_CLAIMED'),
    'extend-deadline': refused('CONNECTION_CLAIMED'),
    restrict: goes('CLAIMED'),
    unrestrict: goes('CLAIMED'),
    'grace-passed': nothing,
    'deadline-passed': nothing,
  },
  'DISABLED, unclaimed': {
    claim: refused('CONNECTION_DISABLED', 'deadline-ahead'),
    disable: nothing,
    enable: goes('PREPROVISIONED', 'deadline-ahead'),
    'reset-grace': goes('DISABLED, unclaimed', 'deadline-ahead', 'grace-in-range'),
    'extend-deadline': goes('DISABLED, unclaimed', 'deadline-in-range'),
    restrict: goes('DISABLED, unclaimed'),
    unrestrict: goes('DISABLED, unclaimed'),
    'grace-passed': nothing,
    'deadline-passed': nothing,
  },
  'DISABLED, claimed': {
    claim: refused('CONNECTION_DISABLED'),
    disable: nothing,
    enable: goes('CLAIMED'),
    'reset-grace': refused('CONNECTION_CLAIMED'),
    'extend-deadline': refused('CONNECTION_CLAIMED'),
    restrict: goes('DISABLED, claimed'),
    unrestrict: goes('DISABLED, claimed'),
    'grace-passed': nothing,
    'deadline-passed': nothing,
  },
};
