import { describe, expect, it } from 'vitest';
import type { RestrictedReason } from '../tables.ts';
import { type ConnectionState, phaseOf, phases, provisioned } from './connection-state.ts';
import { type Circumstances, type Decision, decide, dueAt, tighten } from './lifecycle.ts';
import { reasonsByStrength, type SettableReason } from './restriction.ts';
import { type ConnectionEvent, transitions } from './transitions.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 10);
/** In the middle of the grace of whatever began at `start`. */
const now = start + 10 * dayMs;
const fresh = provisioned(start);
const claimed: ConnectionState = { ...fresh, status: 'CLAIMED', customerId: 7, claimedAt: start };
const active: Circumstances = { nowMs: now, customerStatus: 'active' };

const samples: Readonly<Record<string, ConnectionState>> = {
  PREPROVISIONED: fresh,
  CLAIMED: claimed,
  'DISABLED, unclaimed': { ...fresh, status: 'DISABLED' },
  'DISABLED, claimed': { ...claimed, status: 'DISABLED' },
};
const events: Readonly<Record<string, ConnectionEvent>> = {
  claim: { kind: 'claim', customerId: 8 },
  disable: { kind: 'disable' },
  enable: { kind: 'enable' },
  'reset-grace': { kind: 'reset-grace' },
  'extend-deadline': { kind: 'extend-deadline' },
  restrict: { kind: 'restrict', reason: 'QUOTA' },
  unrestrict: { kind: 'unrestrict', reason: 'QUOTA' },
};

/** What the page promises, written here once more and by hand: the phase it is in afterwards, or the code. */
const matrix = [
  ['PREPROVISIONED', 'claim', 'CLAIMED'],
  ['PREPROVISIONED', 'disable', 'DISABLED, unclaimed'],
  ['PREPROVISIONED', 'enable', 'unchanged'],
  ['PREPROVISIONED', 'reset-grace', 'PREPROVISIONED'],
  ['PREPROVISIONED', 'extend-deadline', 'PREPROVISIONED'],
  ['PREPROVISIONED', 'restrict', 'PREPROVISIONED'],
  ['PREPROVISIONED', 'unrestrict', 'unchanged'],
  ['CLAIMED', 'claim', 'CONNECTION_CLAIMED'],
  ['CLAIMED', 'disable', 'DISABLED, claimed'],
  ['CLAIMED', 'enable', 'unchanged'],
  ['CLAIMED', 'reset-grace', 'CONNECTION_CLAIMED'],
  ['CLAIMED', 'extend-deadline', 'CONNECTION_CLAIMED'],
  ['CLAIMED', 'restrict', 'CLAIMED'],
  ['CLAIMED', 'unrestrict', 'unchanged'],
  ['DISABLED, unclaimed', 'claim', 'CONNECTION_DISABLED'],
  ['DISABLED, unclaimed', 'disable', 'unchanged'],
  ['DISABLED, unclaimed', 'enable', 'PREPROVISIONED'],
  ['DISABLED, unclaimed', 'reset-grace', 'DISABLED, unclaimed'],
  ['DISABLED, unclaimed', 'extend-deadline', 'DISABLED, unclaimed'],
  ['DISABLED, unclaimed', 'restrict', 'DISABLED, unclaimed'],
  ['DISABLED, unclaimed', 'unrestrict', 'unchanged'],
  ['DISABLED, claimed', 'claim', 'CONNECTION_DISABLED'],
  ['DISABLED, claimed', 'disable', 'unchanged'],
  ['DISABLED, claimed', 'enable', 'CLAIMED'],
  ['DISABLED, claimed', 'reset-grace', 'CONNECTION_CLAIMED'],
  ['DISABLED, claimed', 'extend-deadline', 'CONNECTION_CLAIMED'],
  ['DISABLED, claimed', 'restrict', 'DISABLED, claimed'],
  ['DISABLED, claimed', 'unrestrict', 'unchanged'],
] as const;

describe('the transition table', () => {
  it('has every phase and event in the matrix of these tests', () => {
    const clock = ['grace-passed', 'deadline-passed'];
    const cells = phases.flatMap((phase) =>
      Object.keys(transitions[phase]).map((event) => `${phase} ${event}`),
    );
    const tested = matrix.map(([phase, event]) => `${phase} ${event}`);
    expect(cells.filter((cell) => !clock.some((event) => cell.endsWith(event))).toSorted()).toEqual(
      tested.toSorted(),
    );
  });

  it.each(matrix)('makes a %s connection by %s: %s', (phase, kind, outcome) => {
    expect(outcomeOf(decide(stateIn(phase), eventOf(kind), active))).toBe(outcome);
  });

  it.each(matrix.filter(([, , outcome]) => outcome === 'unchanged'))(
    'leaves a %s connection as it is by %s',
    (phase, kind) => {
      expect(decide(stateIn(phase), eventOf(kind), active).state).toEqual(stateIn(phase));
    },
  );
});

describe('a decision after the claim deadline', () => {
  const late: Circumstances = { nowMs: fresh.claimDeadline, customerStatus: 'active' };

  it.each([
    ['claim', 'CLAIM_DEADLINE_PASSED'],
    ['enable', 'CLAIM_DEADLINE_PASSED'],
    ['reset-grace', 'CLAIM_DEADLINE_PASSED'],
    ['disable', 'DISABLED, unclaimed'],
    ['extend-deadline', 'DISABLED, unclaimed'],
    ['restrict', 'DISABLED, unclaimed'],
  ])('of %s is %s, whether the rule has run yet or not', (kind, outcome) => {
    expect(outcomeOf(decide(fresh, eventOf(kind), late))).toBe(outcome);
    const after = decide(tighten(fresh, late.nowMs), eventOf(kind), late);
    expect(['unchanged', outcome]).toContain(outcomeOf(after));
  });

  it('leaves what a customer has alone', () => {
    expect(tighten(claimed, fresh.claimDeadline + dayMs)).toBe(claimed);
    expect(outcomeOf(decide(stateIn('DISABLED, claimed'), { kind: 'enable' }, late))).toBe('CLAIMED');
  });

  it('enables what an admin has given a later deadline, without grace', () => {
    const extended = decide(fresh, { kind: 'extend-deadline' }, late).state;
    expect(extended).toMatchObject({
      claimDeadline: late.nowMs + 180 * dayMs,
      claimDeadlineSetAt: late.nowMs,
    });
    expect(decide(extended, { kind: 'enable' }, late).state).toMatchObject({
      status: 'PREPROVISIONED',
      restrictedReason: 'UNCLAIMED_OVERDUE',
    });
  });
});

describe('a claim', () => {
  it('gives the connection to the customer and keeps a reason that a person or a rule has set', () => {
    const quota: ConnectionState = { ...fresh, restrictedReason: 'QUOTA' };
    expect(decide(quota, eventOf('claim'), active).state).toEqual({
      ...quota,
      status: 'CLAIMED',
      customerId: 8,
      claimedAt: now,
    });
  });

  it('lifts the restriction of an overdue connection', () => {
    const nowMs = fresh.unclaimedGraceUntil;
    const decision = decide(fresh, eventOf('claim'), { nowMs, customerStatus: 'active' });
    expect(decision.state).toMatchObject({ status: 'CLAIMED', restrictedReason: null });
  });

  it.each(['suspended', 'deleted'] as const)('of a %s customer is refused', (customerStatus) => {
    const decision = decide(fresh, eventOf('claim'), { nowMs: now, customerStatus });
    expect(outcomeOf(decision)).toBe('CUSTOMER_INACTIVE');
  });
});

describe('the grace', () => {
  const overdue = tighten(fresh, fresh.unclaimedGraceUntil);

  it('ends at its moment, not one millisecond before', () => {
    expect(tighten(fresh, fresh.unclaimedGraceUntil - 1)).toBe(fresh);
    expect(overdue).toEqual({ ...fresh, restrictedReason: 'UNCLAIMED_OVERDUE' });
    expect(dueAt(overdue, fresh.unclaimedGraceUntil)).toEqual([]);
  });

  it('is 30 days from now when an admin resets it, and the restriction goes', () => {
    const nowMs = start + 40 * dayMs;
    expect(decide(overdue, eventOf('reset-grace'), { ...active, nowMs }).state).toEqual({
      ...fresh,
      unclaimedGraceUntil: nowMs + 30 * dayMs,
      unclaimedGraceSetAt: nowMs,
    });
  });

  it('ends with the deadline when that is sooner', () => {
    const nowMs = fresh.claimDeadline - dayMs;
    const decision = decide(overdue, eventOf('reset-grace'), { ...active, nowMs });
    expect(decision.state.unclaimedGraceUntil).toBe(fresh.claimDeadline);
  });

  it('is not given back by a clock that goes back', () => {
    expect(tighten(overdue, start)).toBe(overdue);
  });

  it.each([
    ['now', now, 'DATE_OUT_OF_RANGE'],
    ['the next millisecond', now + 1, 'PREPROVISIONED'],
    ['the deadline', fresh.claimDeadline, 'PREPROVISIONED'],
    ['later than the deadline', fresh.claimDeadline + 1, 'DATE_OUT_OF_RANGE'],
    ['no date', Number.NaN, 'DATE_OUT_OF_RANGE'],
    ['a date that is none', new Date(Number.NaN), 'DATE_OUT_OF_RANGE'],
    ['never', Number.POSITIVE_INFINITY, 'DATE_OUT_OF_RANGE'],
  ])('up to %s is allowed or refused', (_what, until, outcome) => {
    expect(outcomeOf(decide(fresh, { kind: 'reset-grace', until }, active))).toBe(outcome);
  });
});

describe('the deadline', () => {
  it.each([
    ['the one it has', fresh.claimDeadline, 'DATE_OUT_OF_RANGE'],
    ['one millisecond more', fresh.claimDeadline + 1, 'PREPROVISIONED'],
    ['ten years', now + 3_650 * dayMs, 'PREPROVISIONED'],
    ['more than ten years', now + 3_650 * dayMs + 1, 'DATE_OUT_OF_RANGE'],
    ['the past', start, 'DATE_OUT_OF_RANGE'],
    ['no date', Number.NaN, 'DATE_OUT_OF_RANGE'],
  ])('extended to %s is allowed or refused', (_what, until, outcome) => {
    expect(outcomeOf(decide(fresh, { kind: 'extend-deadline', until }, active))).toBe(outcome);
  });

  it('that passes disables, and takes back only the reason that was its own', () => {
    const at = fresh.claimDeadline;
    const reasonAfter = (restrictedReason: RestrictedReason | null) =>
      tighten({ ...fresh, restrictedReason }, at).restrictedReason;
    expect(tighten(fresh, at).status).toBe('DISABLED');
    expect([null, ...reasonsByStrength].map(reasonAfter)).toEqual([null, 'MANUAL', 'EXPIRY', 'QUOTA', null]);
  });
});

describe('a restriction', () => {
  const after = (restrictedReason: RestrictedReason | null, kind: 'restrict' | 'unrestrict') =>
    (['MANUAL', 'EXPIRY', 'QUOTA'] as const).map(
      (reason: SettableReason) =>
        decide({ ...fresh, restrictedReason }, { kind, reason }, active).state.restrictedReason,
    );

  it.each([
    [null, ['MANUAL', 'EXPIRY', 'QUOTA']],
    ['MANUAL', ['MANUAL', 'MANUAL', 'MANUAL']],
    ['EXPIRY', ['MANUAL', 'EXPIRY', 'EXPIRY']],
    ['QUOTA', ['MANUAL', 'EXPIRY', 'QUOTA']],
    ['UNCLAIMED_OVERDUE', ['MANUAL', 'EXPIRY', 'QUOTA']],
  ] as const)('where %s stands becomes the strongest', (standing, reasons) => {
    expect(after(standing, 'restrict')).toEqual(reasons);
  });

  it.each([
    [null, [null, null, null]],
    ['MANUAL', [null, 'MANUAL', 'MANUAL']],
    ['EXPIRY', ['EXPIRY', null, 'EXPIRY']],
    ['QUOTA', ['QUOTA', 'QUOTA', null]],
    ['UNCLAIMED_OVERDUE', ['UNCLAIMED_OVERDUE', 'UNCLAIMED_OVERDUE', 'UNCLAIMED_OVERDUE']],
  ] as const)('where %s stands is lifted by its own reason only', (standing, reasons) => {
    expect(after(standing, 'unrestrict')).toEqual(reasons);
  });

  it('that is lifted after the grace leaves the connection overdue', () => {
    const nowMs = fresh.unclaimedGraceUntil;
    const quota: ConnectionState = { ...fresh, restrictedReason: 'QUOTA' };
    expect(tighten(quota, nowMs)).toBe(quota);
    const lifted = decide(quota, eventOf('unrestrict'), { ...active, nowMs });
    expect(lifted.state.restrictedReason).toBe('UNCLAIMED_OVERDUE');
  });
});

function stateIn(phase: string): ConnectionState {
  const state = samples[phase];
  if (state === undefined) throw new Error(`no sample of ${phase}`);
  return state;
}

function eventOf(kind: string): ConnectionEvent {
  const event = events[kind];
  if (event === undefined) throw new Error(`no sample of ${kind}`);
  return event;
}

/** The phase a changed connection is in, `unchanged`, or the code of the refusal. */
function outcomeOf(decision: Decision): string {
  if (decision.kind === 'refused') return decision.code;
  return decision.kind === 'changed' ? phaseOf(decision.state) : 'unchanged';
}
