/** Stages that are had only when a run needs them: with the lock held, and not by a caller that joins. */
import { HoldfastError } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { cycle } from './cycle.ts';
import type { Stages } from './stages.ts';
import {
  fakeStages,
  options,
  reason,
  type WordChanges,
  type Words,
  type World,
  world,
} from './testing/word-stages.ts';

type LateStages = Stages<typeof reason, string, Words, Words, WordChanges, string>;

describe('stages that are had later', () => {
  it('come with the lock held, before truth is read', async () => {
    const w = world();
    const report = await cycle(reason, late(w), options);
    expect(report.outcome).toBe('applied');
    expect(w.log.slice(0, 5)).toEqual(['trigger', 'decide', 'lock policy:gw1', 'later', 'truth']);
  });

  it('are not asked for by a caller whose ticket is covered', async () => {
    const w = world({ covered: 7 });
    expect((await cycle(reason, late(w), options)).outcome).toBe('joined');
    expect(w.log).toEqual(['trigger', 'decide', 'lock policy:gw1', 'unlock']);
  });

  it('that cannot be had fail the run and give the lock back', async () => {
    const w = world();
    const stages = late(w, () => {
      throw new HoldfastError('SCHEMA_NEWER', 'migrated meanwhile');
    });
    await expect(cycle(reason, stages, options)).rejects.toMatchObject({ code: 'SCHEMA_NEWER' });
    expect(w.log.slice(-2)).toEqual(['later', 'unlock']);
    expect(w.reports).toEqual([]);
  });
});

function late(w: World, load: () => void = () => undefined): LateStages {
  const { trigger, decide, lock, isCovered, ...held } = fakeStages(w);
  return {
    trigger,
    decide,
    lock,
    isCovered,
    held: async () => {
      w.log.push('later');
      load();
      return held;
    },
  };
}
