/**
 * The life of a connection, pure: what an event makes of a state at a moment, by the table of `transitions.ts`.
 *
 * Time comes first. A state is tightened to the moment before an event is looked at, so an answer does not depend on
 * whether the time rules have run yet: a connection whose deadline has passed cannot be claimed any more even while its
 * row still says PREPROVISIONED. Time only tightens; a clock that goes back takes nothing back.
 */
import type { ErrorCode } from '@holdfast/base';
import type { CustomerStatus } from '../tables.ts';
import { epochMs, type Moment } from '../utc-time.ts';
import {
  type ConnectionState,
  claimMs,
  graceMs,
  isSameState,
  longestMs,
  phaseOf,
  statusIn,
} from './connection-state.ts';
import { strongerReason, withoutReason } from './restriction.ts';
import { type ClockEvent, type ConnectionEvent, type Need, refusalOf, transitions } from './transitions.ts';

/** What a decision depends on beside the state and the event. */
export interface Circumstances {
  readonly nowMs: number;
  /** Of the customer who claims, or else of the one it belongs to; null without any. */
  readonly customerStatus: CustomerStatus | null;
}

export type Decision =
  | { readonly kind: 'changed'; readonly state: ConnectionState }
  | { readonly kind: 'unchanged'; readonly state: ConnectionState }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly state: ConnectionState };

/** What `event` makes of `state`. Equal arguments give equal decisions. */
export function decide(
  state: ConnectionState,
  event: ConnectionEvent,
  circumstances: Circumstances,
): Decision {
  const { nowMs } = circumstances;
  const settled = tighten(state, nowMs);
  const cell = transitions[phaseOf(settled)][event.kind];
  const untilMs = dateOf(event, settled, nowMs);
  const facts = { state: settled, untilMs, ...circumstances };
  const unmet = cell.needs.find((need) => !isMet[need](facts));
  if (unmet !== undefined) return { kind: 'refused', code: refusalOf[unmet], state };
  if (cell.kind === 'refused') return { kind: 'refused', code: cell.code, state };
  const wanted =
    cell.kind === 'nothing' ? settled : { ...settled, ...fieldsOf(event, facts), status: statusIn(cell.to) };
  const next = tighten(wanted, nowMs);
  return { kind: isSameState(state, next) ? 'unchanged' : 'changed', state: next };
}

/** The clock events that are due at a moment, the stronger first. */
export function dueAt(state: ConnectionState, nowMs: number): readonly ClockEvent[] {
  if (state.status !== 'PREPROVISIONED') return [];
  if (state.claimDeadline <= nowMs) return ['deadline-passed'];
  return state.unclaimedGraceUntil <= nowMs && state.restrictedReason === null ? ['grace-passed'] : [];
}

/** `state` as time leaves it: past its deadline disabled, past its grace restricted. Idempotent. */
export function tighten(state: ConnectionState, nowMs: number): ConnectionState {
  const [due] = dueAt(state, nowMs);
  if (due === undefined) return state;
  const cell = transitions[phaseOf(state)][due];
  if (cell.kind !== 'goes') return state;
  const restrictedReason =
    due === 'grace-passed' ? 'UNCLAIMED_OVERDUE' : withoutReason(state.restrictedReason, 'UNCLAIMED_OVERDUE');
  return { ...state, restrictedReason, status: statusIn(cell.to) };
}

interface Facts extends Circumstances {
  readonly state: ConnectionState;
  /** The date the event asks for; NaN when it asks for none, or for what is no date. */
  readonly untilMs: number;
}

const isMet: Readonly<Record<Need, (facts: Facts) => boolean>> = {
  'customer-active': ({ customerStatus }) => customerStatus === 'active',
  'deadline-ahead': ({ state, nowMs }) => state.claimDeadline > nowMs,
  // Grace beyond the deadline would promise a use that the deadline ends.
  'grace-in-range': ({ state, nowMs, untilMs }) => nowMs < untilMs && untilMs <= state.claimDeadline,
  'deadline-in-range': ({ state, nowMs, untilMs }) =>
    Math.max(nowMs, state.claimDeadline) < untilMs && untilMs <= nowMs + longestMs,
};

function dateOf(event: ConnectionEvent, state: ConnectionState, nowMs: number): number {
  if (event.kind === 'reset-grace') {
    return event.until === undefined ? Math.min(nowMs + graceMs, state.claimDeadline) : wholeMs(event.until);
  }
  if (event.kind === 'extend-deadline') {
    return event.until === undefined ? nowMs + claimMs : wholeMs(event.until);
  }
  return Number.NaN;
}

/** Truth keeps whole milliseconds. */
function wholeMs(moment: Moment): number {
  return Math.floor(epochMs(moment));
}

function fieldsOf(event: ConnectionEvent, { state, nowMs, untilMs }: Facts): Partial<ConnectionState> {
  const restrictedReason = withoutReason(state.restrictedReason, 'UNCLAIMED_OVERDUE');
  switch (event.kind) {
    case 'claim':
      return { customerId: event.customerId, claimedAt: nowMs, restrictedReason };
    case 'disable':
      return { restrictedReason };
    case 'enable':
      return {};
    case 'reset-grace':
      return { unclaimedGraceUntil: untilMs, unclaimedGraceSetAt: nowMs, restrictedReason };
    case 'extend-deadline':
      return { claimDeadline: untilMs, claimDeadlineSetAt: nowMs };
    case 'restrict':
      return { restrictedReason: strongerReason(state.restrictedReason, event.reason) };
    case 'unrestrict':
      return { restrictedReason: withoutReason(state.restrictedReason, event.reason) };
    default:
      return event satisfies never;
  }
}
