/** When a look asks for a run, and when the daemon calls itself ready. */
import { HoldfastError } from '@holdfast/base';
import type { PolicyResult } from '@holdfast/gateway-policy/command';
import { describe, expect, it } from 'vitest';
import { DaemonState } from './daemon-state.ts';
import type { TriggerLook } from './trigger-probe.ts';

const away = new HoldfastError('DATABASE_UNREACHABLE', 'the server is gone');

function look(newest: number, covered: number, identity = 'one'): TriggerLook {
  return { gateway: 'gw1', newest, covered, identity };
}

function result(report: Partial<PolicyResult['report']>, error?: HoldfastError): PolicyResult {
  const whole = { outcome: 'applied', covered: null, trigger: null, ...report } as PolicyResult['report'];
  return error === undefined ? { report: whole } : { report: whole, error };
}

/** A daemon whose first run has covered `covered` at 100. */
function started(covered: number): DaemonState {
  const state = new DaemonState();
  state.found(look(covered, 0), 0);
  state.runBegins();
  state.runEnded(result({ covered }), 100);
  return state;
}

describe('a look', () => {
  it.each([
    ['nothing new', look(5, 5), undefined],
    ['a trigger that nobody has covered', look(6, 5), 'trigger'],
    ['a trigger that somebody else has covered', look(6, 6), undefined],
    ['fewer triggers than there were', look(3, 3), 'replaced'],
    ['another database with as many triggers', look(5, 5, 'other'), 'replaced'],
  ])('that shows %s asks for a run or not', (_what, shown, cause) => {
    expect(started(5).found(shown, 101)).toBe(cause);
  });

  it('after an outage asks for a run, whatever it shows', () => {
    const state = started(5);
    expect([state.lost(away), state.lost(away)]).toEqual([true, false]);
    expect(state.found(look(5, 5), 101)).toBe('database');
    expect(state.found(look(5, 5), 102)).toBeUndefined();
  });

  it('before the first run, during a run, and from before its end asks for none', () => {
    expect(new DaemonState().found(look(5, 0), 0)).toBeUndefined();
    const state = started(5);
    expect(state.found(look(6, 5), 99)).toBeUndefined();
    state.runBegins();
    expect(state.found(look(7, 5), 101)).toBeUndefined();
  });

  it('asks once for a trigger whose run has failed', () => {
    const state = started(5);
    expect(state.found(look(6, 5), 101)).toBe('trigger');
    state.runBegins();
    state.runEnded(result({ outcome: 'refused' }, new HoldfastError('REMOVAL_REFUSED', 'too many')), 110);
    expect(state.found(look(6, 5), 111)).toBeUndefined();
    expect(state.found(look(7, 5), 112)).toBe('trigger');
  });

  it('asks for what was recorded during a run, once the run is over', () => {
    const state = started(5);
    state.runBegins();
    state.found(look(9, 5), 101);
    state.runEnded(result({ covered: 7 }), 110);
    expect(state.found(look(9, 7), 111)).toBe('trigger');
  });
});

describe('readiness', () => {
  const isReady = (state: DaemonState) => state.readiness.reasons.length === 0;

  it('begins with the first run that succeeds', () => {
    const state = new DaemonState();
    expect(isReady(state)).toBe(false);
    state.found(look(5, 0), 0);
    expect(isReady(state)).toBe(false);
    state.runBegins();
    expect(isReady(state)).toBe(false);
    state.runEnded(result({ covered: 5 }), 1);
    expect(isReady(state)).toBe(true);
  });

  it('ends with an outage, and comes back with the next look', () => {
    const state = started(5);
    state.lost(away);
    expect(state.readiness.reasons).toEqual([
      'the database is away: the server is gone [DATABASE_UNREACHABLE]',
    ]);
    state.found(look(5, 5), 101);
    expect(isReady(state)).toBe(true);
  });

  it('ends with a run that fails, even before it began, and comes back with one that succeeds', () => {
    const state = started(5);
    state.runBegins();
    state.runFailed(away, 110);
    expect(isReady(state)).toBe(false);
    state.runBegins();
    state.runEnded(result({ outcome: 'joined', trigger: 5 }), 120);
    expect(isReady(state)).toBe(true);
  });

  it('lacks nothing while what is recorded is being covered', () => {
    const state = started(5);
    state.found(look(6, 5), 101);
    expect(isReady(state)).toBe(false);
    state.runBegins();
    expect(isReady(state)).toBe(true);
  });

  it('ends when the daemon stops', () => {
    const state = started(5);
    state.stops();
    expect(state.summary).toBe('the daemon is stopping');
  });
});
