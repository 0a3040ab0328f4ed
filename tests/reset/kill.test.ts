/** Resets of which the process is killed right after any effect, and resumed by another: all old or all new. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError } from '@holdfast/base';
import { nodeResetPort, ResetExecutor, type ResetPort } from '@holdfast/reset-executor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSoak } from '../support/counts.ts';
import { newState, oldState, resetRequest, resetScope } from './reset-request.ts';
import { ResetWorld } from './reset-world.ts';

/** Some fifty processes one after the other. */
const limits = { timeout: 300_000 };

describe('a process that is killed', () => {
  let world: ResetWorld;

  beforeEach(() => {
    world = new ResetWorld();
  });

  afterEach(() => world[Symbol.dispose]());

  const resume = () => world.runner.run(resetScope, {}, (held) => world.executor.resume(held));

  const reset = () => world.runner.run(resetScope, {}, (held) => world.executor.reset(resetRequest, held));

  /** Kills at every effect in turn until a run survives, on Bun at some. @returns the states after the resumes, in order */
  const killAtEvery = async (
    arrange: () => readonly string[] | Promise<readonly string[]>,
    runtime: 'node' | 'bun',
    check: (killAfter: number) => void,
  ) => {
    const states: string[] = [];
    const stride = runtime === 'node' || isSoak ? 1 : 3;
    for (let killAfter = 1; ; killAfter += stride) {
      world.arrange();
      const mode = await arrange();
      const { signal, answer } = world.run([...mode, `${killAfter}`], runtime);
      expect(signal === 'SIGKILL' || answer?.result !== undefined, `${killAfter}`).toBe(true);
      await resume();
      expect([oldState, newState], `after ${killAfter}`).toContainEqual(world.state());
      expect(world.leftBehind(), `after ${killAfter}`).toEqual([]);
      check(killAfter);
      states.push('removed' in world.state() ? 'old' : 'new');
      if (answer !== undefined) return states;
    }
  };

  it.each(['node', 'bun'] as const)(
    'during a reset leaves all old or all new (%s)',
    limits,
    async (runtime) => {
      const states = await killAtEvery(
        () => ['kill'],
        runtime,
        (killAfter) => {
          if ('removed' in world.state()) return;
          expect(world.kept().toSorted(), `after ${killAfter}`).toEqual(Object.values(oldState).toSorted());
        },
      );
      // One point of no return: before it everything is taken back, after it everything completed.
      expect(states).toEqual(states.toSorted().toReversed());
      expect(new Set(states)).toEqual(new Set(['old', 'new']));
    },
  );

  it.each(['node', 'bun'] as const)(
    'during an undo leaves all new or all old (%s)',
    limits,
    async (runtime) => {
      const states = await killAtEvery(
        async () => ['kill-undo', (await reset()).id],
        runtime,
        (killAfter) => {
          const contents = [...world.kept(), ...Object.values(world.state())];
          for (const content of [...Object.values(oldState)]) {
            expect(contents, `after ${killAfter}`).toContain(content);
          }
        },
      );
      expect(states).toEqual(states.toSorted());
      expect(new Set(states)).toEqual(new Set(['old', 'new']));
    },
  );

  it('during the resume leaves what the next resume completes', limits, async () => {
    const states = await killAtEvery(
      async () => {
        await resetUntilFirstEffect();
        return ['kill-resume'];
      },
      'node',
      () => expect(world.state()).toEqual(newState),
    );
    expect(states.length).toBeGreaterThan(5);
  });

  /** Stops, as with a lost lock, when the first file has gone and the others have not been touched. */
  const resetUntilFirstEffect = async () => {
    const rename: ResetPort['rename'] = (from, to) => {
      if (!existsSync(join(world.root, 'removed'))) throw new HoldfastError('LOCK_LOST', 'gone');
      nodeResetPort.rename(from, to);
    };
    const executor = new ResetExecutor({ directory: world.root, fs: { ...nodeResetPort, rename } });
    const reset = world.runner.run(resetScope, {}, (held) => executor.reset(resetRequest, held));
    await expect(reset).rejects.toMatchObject({ code: 'LOCK_LOST' });
  };
});
