/** Runs that need not read everything, and runs that give way, with fake stages. */
import { describe, expect, it } from 'vitest';
import { cycle } from './cycle.ts';
import { type FakeStages, failing, fakeStages, options, reason, run, world } from './testing/word-stages.ts';

describe('a run that knows what changed', () => {
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
    expect(w.log.slice(-6)).toEqual(['truth', 'actual', 'tell', 'report settled', 'close intent', 'unlock']);
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

describe('a run in the background', () => {
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
