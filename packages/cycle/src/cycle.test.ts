/** The sentence with fake stages. */
import { HoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { convergeTries } from './converge.ts';
import { cycle } from './cycle.ts';
import { cycleSteps } from './cycle-step.ts';
import { type FakeStages, failing, fakeStages, options, reason, run, world } from './testing/word-stages.ts';

describe('cycle', () => {
  it('records the trigger, locks, then reads truth, writes, verifies, reports, and closes its intent last', async () => {
    const w = world();
    const report = await run(w);
    expect(w.log).toEqual([
      'trigger',
      'decide',
      'lock policy:gw1',
      'truth',
      'actual',
      'guard',
      'open intent',
      'write',
      'actual',
      'tell',
      'report settled',
      'close intent',
      'unlock',
    ]);
    expect(report).toMatchObject({
      outcome: 'applied',
      ticket: 7,
      covered: 9,
      rolledForward: false,
      waitedMs: 12,
      backend: 'fake',
      changes: { add: ['a', 'b'], remove: [] },
    });
    expect(w.actual).toEqual(['a', 'b']);
  });

  it('reaches every step in the order of their table', async () => {
    const steps: string[] = [];
    await run(world(), { onStep: (step) => void steps.push(step) });
    expect(steps).toEqual([...cycleSteps]);
  });

  it('applies what truth is when the lock is held, not what it was at the trigger', async () => {
    const w = world();
    w.onLock = () => {
      w.truth = ['later'];
    };
    await run(w);
    expect(w.actual).toEqual(['later']);
    expect(w.reports).toMatchObject([{ kind: 'settled', covered: 9, desired: ['later'] }]);
  });

  it('writes nothing when nothing differs, and reports what it covers', async () => {
    const w = world({ actual: ['b', 'a'] });
    expect(await run(w)).toMatchObject({ outcome: 'unchanged', covered: 9 });
    expect(w.log).not.toContain('write');
    expect(w.log).not.toContain('open intent');
    expect(w.reports).toMatchObject([{ outcome: 'unchanged' }]);
  });

  it('changes nothing when it is repeated', async () => {
    const w = world();
    await run(w);
    expect(await run(w)).toMatchObject({ outcome: 'unchanged' });
    expect(w.log.filter((entry) => entry === 'write')).toHaveLength(1);
  });

  it('joins the run that has covered its ticket meanwhile, without reading anything', async () => {
    const w = world({ covered: 7 });
    expect(await run(w)).toMatchObject({ outcome: 'joined', ticket: 7 });
    expect(w.log).toEqual(['trigger', 'decide', 'lock policy:gw1', 'unlock']);
  });

  it('runs for a trigger that needs no ticket', async () => {
    const w = world({ ticket: undefined, covered: 100 });
    const report = await run(w);
    expect(report.outcome).toBe('applied');
    expect('ticket' in report).toBe(false);
  });

  describe.each(['check', 'dry-run'] as const)('as %s', (mode) => {
    it('records, writes and reports nothing, and tells what is pending', async () => {
      const w = world({ covered: 100 });
      const report = await run(w, { mode });
      expect(report).toMatchObject({
        outcome: 'pending',
        changes: { add: ['a', 'b'] },
        rolledForward: false,
      });
      expect(w.log).toEqual(['decide', 'lock policy:gw1', 'truth', 'actual', 'unlock']);
    });

    it('finds nothing pending when nothing differs', async () => {
      expect(await run(world({ actual: ['a', 'b'] }), { mode })).toMatchObject({ outcome: 'unchanged' });
    });

    it('rolls nothing forward and leaves the intent for the run that does', async () => {
      const w = world({ hasIntent: true });
      expect(await run(w, { mode })).toMatchObject({ rolledForward: false });
      expect(w.hasIntent).toBe(true);
    });

    it('reports no failure', async () => {
      const w = world({ signal: abortedWith('LOCK_LOST') });
      await expect(run(w, { mode })).rejects.toMatchObject({ code: 'LOCK_LOST' });
      expect(w.reports).toEqual([]);
    });
  });

  it('keeps what the policy keeps, without a lock', async () => {
    const w = world({ verdict: { kind: 'keep', because: 'fresh' } });
    expect(await run(w)).toEqual({
      outcome: 'kept',
      ticket: 7,
      rolledForward: false,
      waitedMs: 0,
      yields: 0,
    });
    expect(w.log).toEqual(['trigger', 'decide']);
  });

  it('refuses what the policy refuses, without a lock', async () => {
    const w = world({ verdict: { kind: 'refuse', because: 'suspended' } });
    await expect(run(w)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(w.log).toEqual(['trigger', 'decide']);
  });

  it('stops at the guard before any effect, and reports it', async () => {
    const w = world({ truth: [], actual: ['a', 'b', 'c'] });
    await expect(run(w)).rejects.toMatchObject({ code: 'REMOVAL_REFUSED' });
    expect(w.log.slice(-3)).toEqual(['guard', 'report failed', 'unlock']);
    expect(w.hasIntent).toBe(false);
  });

  it('rolls the intent of a dead run forward and closes it', async () => {
    const w = world({ hasIntent: true });
    expect(await run(w)).toMatchObject({ outcome: 'applied', rolledForward: true });
    expect(w.hasIntent).toBe(false);
  });

  it('closes the intent of a dead run also when that had done everything', async () => {
    const w = world({ hasIntent: true, actual: ['a', 'b'] });
    expect(await run(w)).toMatchObject({ outcome: 'unchanged', rolledForward: true });
    expect(w.hasIntent).toBe(false);
    expect(w.log).not.toContain('write');
  });

  describe('a write', () => {
    it('that fails is repeated from what is really there', async () => {
      const w = world();
      w.onWrite = (write) => {
        if (write === 1) failing('DATAPLANE_FAILED')();
      };
      expect(await run(w)).toMatchObject({ outcome: 'applied' });
      expect(w.log.filter((entry) => entry === 'write')).toHaveLength(2);
      expect(w.clock.sleeps).toHaveLength(1);
    });

    it('that took effect and then reported failure is not repeated', async () => {
      const w = world();
      w.onWrite = () => {
        w.actual = ['a', 'b'];
        failing('DATAPLANE_FAILED')();
      };
      expect(await run(w)).toMatchObject({ outcome: 'applied' });
      expect(w.log.filter((entry) => entry === 'write')).toHaveLength(1);
    });

    it('that cannot be repeated ends the run at once and leaves the intent', async () => {
      const w = world();
      w.onWrite = failing('NOT_PERMITTED');
      await expect(run(w)).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
      expect(w.clock.sleeps).toEqual([]);
      expect(w.hasIntent).toBe(true);
      expect(w.reports).toMatchObject([{ kind: 'failed', error: { code: 'NOT_PERMITTED' } }]);
    });

    it('that never works ends with its own failure after the last try', async () => {
      const w = world();
      w.onWrite = failing('DATAPLANE_FAILED');
      await expect(run(w)).rejects.toMatchObject({ code: 'DATAPLANE_FAILED' });
      expect(w.log.filter((entry) => entry === 'write')).toHaveLength(convergeTries);
    });

    it('that somebody else undoes each time ends with the drift after the last try', async () => {
      const w = world();
      w.actual = [];
      const stages = fakeStages(w);
      const undone = { ...stages, readActual: async () => [] };
      await expect(cycle(reason, undone, { ...options, clock: w.clock })).rejects.toMatchObject({
        code: 'VERIFY_FAILED',
        details: { drift: ['+a', '+b'], tries: convergeTries },
      });
      expect(w.hasIntent).toBe(true);
      expect(w.reports).toMatchObject([{ kind: 'failed' }]);
    });

    it('is not repeated when the next pause would exceed the budget', async () => {
      const w = world();
      w.onWrite = failing('DATAPLANE_FAILED');
      await expect(run(w, { retryBudgetMs: 0 })).rejects.toMatchObject({ code: 'DATAPLANE_FAILED' });
      expect(w.log.filter((entry) => entry === 'write').length).toBeLessThanOrEqual(2);
      const sleptMs = w.clock.sleeps.reduce((sum, ms) => sum + ms, 0);
      expect(sleptMs).toBe(0);
    });

    it('ends the run when the lock is lost meanwhile', async () => {
      const w = world();
      w.onWrite = () => w.signal.abort(new HoldfastError('LOCK_LOST', 'gone'));
      await expect(run(w)).rejects.toMatchObject({ code: 'LOCK_LOST' });
      expect(w.log.filter((entry) => entry === 'write')).toHaveLength(1);
    });
  });

  it('throws what failed first when the report of the failure fails too', async () => {
    const w = world();
    w.onWrite = failing('NOT_PERMITTED');
    const stages: FakeStages = {
      ...fakeStages(w),
      report: async () => {
        throw new HoldfastError('WRITE_FAILED', 'no space');
      },
    };
    await expect(cycle(reason, stages, options)).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
  });

  it('fails when the result cannot be made durable, and leaves the intent', async () => {
    const w = world();
    const stages: FakeStages = {
      ...fakeStages(w),
      report: async () => {
        throw new HoldfastError('WRITE_FAILED', 'no space');
      },
    };
    await expect(cycle(reason, stages, options)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(w.hasIntent).toBe(true);
  });
});

function abortedWith(code: 'LOCK_LOST'): AbortController {
  const controller = new AbortController();
  controller.abort(new HoldfastError(code, 'gone'));
  return controller;
}
