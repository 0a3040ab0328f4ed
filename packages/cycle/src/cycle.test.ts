/** The sentence with fake stages: a set of words that should be there, and a list of what happened in which order. */
import type { TriggerReason, Verdict } from '@holdfast/action-plan';
import { type Clock, HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { describe, expect, it } from 'vitest';
import { convergeTries } from './converge.ts';
import { cycle } from './cycle.ts';
import type { CycleOptions } from './cycle-options.ts';
import { cycleSteps } from './cycle-step.ts';
import type { RunResult, Stages } from './stages.ts';

type Words = readonly string[];
interface WordChanges {
  readonly add: Words;
  readonly remove: Words;
}
type FakeStages = Stages<TriggerReason, string, Words, Words, WordChanges, string>;

const options: CycleOptions = { mode: 'apply', waitMs: 1_000, priority: 'interactive' };
const reason: TriggerReason = { kind: 'ip-up', scope: 'policy:gw1' };

/** A clock whose sleeps pass at once and are written down. */
function fakeClock(): Clock & { readonly sleeps: number[] } {
  let nowMs = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      nowMs += ms;
    },
  };
}

/** Everything a test may want to have been different. */
interface World {
  truth: Words;
  actual: Words;
  verdict: Verdict<string>;
  ticket: number | undefined;
  covered: number;
  hasIntent: boolean;
  readonly signal: AbortController;
  readonly log: string[];
  readonly reports: RunResult<Words, WordChanges>[];
  readonly clock: ReturnType<typeof fakeClock>;
  /** Called for each write with its number from 1; may throw or interfere. */
  onWrite: (write: number) => void;
  onLock: () => void;
  /** What changed since the last run, where that is known. */
  news: Words | undefined;
  /** Whether somebody of higher priority waits for the lock. */
  isContended: () => boolean;
}

function world(facts: Partial<World> = {}): World {
  return {
    truth: ['a', 'b'],
    actual: [],
    verdict: { kind: 'act', actions: ['converge'], because: 'asked' },
    ticket: 7,
    covered: 0,
    hasIntent: false,
    signal: new AbortController(),
    log: [],
    reports: [],
    clock: fakeClock(),
    onWrite: () => undefined,
    onLock: () => undefined,
    news: undefined,
    isContended: () => false,
    ...facts,
  };
}

function fakeStages(w: World): FakeStages {
  let writes = 0;
  return {
    trigger: async () => {
      w.log.push('trigger');
      return w.ticket;
    },
    decide: () => {
      w.log.push('decide');
      return w.verdict;
    },
    lock: async (plan, work) => {
      w.log.push(`lock ${plan.scope}`);
      w.onLock();
      try {
        const { signal } = w.signal;
        return await work(fakeHeld({ scope: plan.scope, waitedMs: 12, signal, contended: w.isContended }));
      } finally {
        w.log.push('unlock');
      }
    },
    isCovered: async (ticket) => ticket <= w.covered,
    readTruth: async () => {
      w.log.push('truth');
      return { desired: w.truth, covers: 9 };
    },
    readNews: async () => (w.news === undefined ? undefined : { desired: w.news, covers: 8 }),
    tell: async () => {
      w.log.push('tell');
    },
    // A word at a time.
    partsOf: ({ add, remove }) => [
      ...add.map((word) => ({ add: [word], remove: [] })),
      ...remove.map((word) => ({ add: [], remove: [word] })),
    ],
    readActual: async (_held, desired) => {
      w.log.push('actual');
      return desired === w.news ? w.actual.filter((word) => desired.includes(word)) : w.actual;
    },
    diff: (desired, actual) => ({
      add: desired.filter((word) => !actual.includes(word)),
      remove: actual.filter((word) => !desired.includes(word)),
    }),
    isEmpty: ({ add, remove }) => add.length + remove.length === 0,
    drift: ({ add, remove }) => [...add.map((word) => `+${word}`), ...remove.map((word) => `-${word}`)],
    guard: ({ remove }) => {
      w.log.push('guard');
      if (remove.length > 2) throw new HoldfastError('REMOVAL_REFUSED', 'too many');
    },
    intent: {
      isOpen: async () => w.hasIntent,
      open: async () => {
        w.log.push('open intent');
        w.hasIntent = true;
      },
      close: async () => {
        w.log.push('close intent');
        w.hasIntent = false;
      },
    },
    write: async ({ add, remove }) => {
      w.log.push('write');
      writes += 1;
      const after = [...w.actual.filter((word) => !remove.includes(word)), ...add];
      w.onWrite(writes);
      w.actual = after;
    },
    report: async (_held, result) => {
      w.log.push(`report ${result.kind}`);
      w.reports.push(result);
    },
  };
}

const run = (w: World, more: Partial<CycleOptions> = {}) =>
  cycle(reason, fakeStages(w), { ...options, clock: w.clock, ...more });

const failing = (code: 'DATAPLANE_FAILED' | 'NOT_PERMITTED') => () => {
  throw new HoldfastError(code, 'the kernel said no');
};

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

  describe('that knows what changed', () => {
    it('reads and writes only that, and covers what it read', async () => {
      const w = world({ actual: ['z'], news: ['a'] });
      expect(await run(w)).toMatchObject({ outcome: 'applied', covered: 8, changes: { add: ['a'] } });
      expect(w.actual).toEqual(['z', 'a']);
      expect(w.log).not.toContain('truth');
    });

    it('reads everything when writing it fails, and closes the intent', async () => {
      const w = world({ actual: ['a', 'b'], news: ['c'] });
      w.onWrite = failing('DATAPLANE_FAILED');
      expect(await run(w)).toMatchObject({ outcome: 'unchanged', covered: 9 });
      expect(w.log.slice(-6)).toEqual([
        'truth',
        'actual',
        'tell',
        'report settled',
        'close intent',
        'unlock',
      ]);
      expect(w.hasIntent).toBe(false);
    });

    it('reads everything when it does not become what was written', async () => {
      const w = world({ news: ['a'] });
      w.onWrite = (write) => {
        if (write === 1) w.truth = ['b'];
      };
      const stages = fakeStages(w);
      const forgetful: FakeStages = {
        ...stages,
        write: async (changes, held, desired) => {
          await stages.write(changes, held, desired);
          if (desired === w.news) w.actual = [];
        },
      };
      expect(await cycle(reason, forgetful, options)).toMatchObject({ outcome: 'applied', covered: 9 });
      expect(w.actual).toEqual(['b']);
    });

    it('reads everything after a run that died, and for a check', async () => {
      const after = world({ hasIntent: true, news: ['a'] });
      expect(await run(after)).toMatchObject({ rolledForward: true, covered: 9 });
      expect(await run(world({ news: ['a'] }), { mode: 'check' })).toMatchObject({ covered: 9 });
    });

    it('ends with the failure that no reading helps against', async () => {
      const w = world({ news: ['a'] });
      w.onWrite = failing('NOT_PERMITTED');
      await expect(run(w)).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    });
  });

  describe('in the background', () => {
    const background = { priority: 'background' } as const;

    it('lets who waits have the lock after each part, and goes on until all is written', async () => {
      const w = world({ truth: ['a', 'b', 'c'], isContended: () => true });
      expect(await run(w, background)).toMatchObject({ outcome: 'applied', yields: 2 });
      expect(w.log.filter((entry) => /write|lock|truth|intent/.test(entry))).toEqual(
        Array.from({ length: 3 }, () => [
          'lock policy:gw1',
          'truth',
          'open intent',
          'write',
          'close intent',
          'unlock',
        ]).flat(),
      );
      expect(w.actual).toEqual(['a', 'b', 'c']);
      expect(w.reports).toHaveLength(1);
    });

    it('has applied what it wrote, and ends its pause, also when somebody else did the rest', async () => {
      const w = world({ truth: ['a', 'b', 'c'], isContended: () => true });
      w.onLock = () => {
        if (w.log.includes('write')) w.actual = w.truth;
      };
      expect(await run(w, background)).toMatchObject({ outcome: 'applied', yields: 1 });
      expect(w.reports).toMatchObject([{ outcome: 'applied' }]);
      expect(w.log.slice(-2)).toEqual(['close intent', 'unlock']);
    });

    it('writes all parts in one hold while nobody waits', async () => {
      const w = world({ truth: ['a', 'b', 'c'] });
      expect(await run(w, background)).toMatchObject({ outcome: 'applied', yields: 0 });
      expect(w.log.filter((entry) => entry === 'write')).toHaveLength(3);
    });

    it('joins when somebody covered its ticket meanwhile', async () => {
      const w = world({ truth: ['a', 'b', 'c'], isContended: () => true });
      w.onWrite = () => {
        w.covered = 7;
      };
      expect(await run(w, background)).toMatchObject({ outcome: 'joined', yields: 1 });
    });

    it('is not interrupted when others have no higher priority', async () => {
      const w = world({ truth: ['a', 'b', 'c'], isContended: () => true });
      expect(await run(w)).toMatchObject({ outcome: 'applied', yields: 0 });
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
