/** Any interleaving of resets, writes, crashes, resumes, undos and prunes, against a model. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { randomRuns } from '../../../tests/support/random-runs.ts';
import { command, ResetWorld } from './testing/reset-world.ts';

const seed = Date.now() % 2 ** 31;

describe('any interleaving', () => {
  it.each([true, false])(
    `keeps every content and every file in step, hard links: %s (seed ${seed})`,
    async (hasLinks) => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 14 }), async (commands) => {
          using world = new ResetWorld(hasLinks);
          for (const each of commands) await world.perform(each);
          await world.heal();
        }),
        { seed, numRuns: randomRuns(200) },
      );
    },
  );
});
