/** Names of locks. */
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function describeScopes(world: ContractWorld): void {
  describe('scopes', () => {
    it.each([
      ['empty', ''],
      ['10 000 characters', 'x'.repeat(10_000)],
      ['a NUL', 'a\0b'],
      ['a line break', 'a\nb'],
      ['a lone surrogate', 'a\ud800'],
    ])('that are no names are refused: %s', async (_what, bad) => {
      const runner = world.createRunner();
      await expect(runner.run(bad, {}, () => 'ran')).rejects.toMatchObject({ code: 'SCOPE_INVALID' });
      await expect(runner.run([bad], {}, () => 'ran')).rejects.toMatchObject({ code: 'SCOPE_INVALID' });
      await expect(runner.who(bad)).rejects.toMatchObject({ code: 'SCOPE_INVALID' });
    });

    it.each(['../../x', '/etc/passwd', '.', '..', '🔒🔒', 'ÄÖÜ', 'con', ' ', 'x'.repeat(4_096)])(
      'of any other text are names: %s',
      async (odd) => {
        const runner = world.createRunner();
        await expect(world.tryOnce(runner, {}, odd)).resolves.toBe('ran');
        await expect(runner.run(odd, {}, (held) => held.scope)).resolves.toBe(odd);
      },
    );

    it('that differ in one character of any kind are different locks', async () => {
      const runner = world.createRunner();
      const names = ['a:b', 'a-b', 'A:b', 'a:b ', 'á:b', `${'x'.repeat(100)}1`, `${'x'.repeat(100)}2`];
      await expect(runner.run(names, { waitMs: 0 }, (held) => held.length)).resolves.toBe(names.length);
    });
  });
}
