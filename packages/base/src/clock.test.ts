/** The system clock's sleep: abortable, and never shorter than asked. */
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { requireHeld } from './held.ts';
import { HoldfastError } from './holdfast-error.ts';

describe('systemClock.sleep', () => {
  it('rejects with the very reason of its signal', async () => {
    const cancel = new AbortController();
    const reason = new HoldfastError('CANCELLED', 'stop');
    const sleep = systemClock.sleep(60_000, cancel.signal);
    cancel.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    await expect(systemClock.sleep(0, cancel.signal)).rejects.toBe(reason);
  });

  it.each([2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY])(
    'does not end at once when asked for %d ms',
    async (ms) => {
      const cancel = new AbortController();
      const ended = vi.fn();
      const sleep = systemClock.sleep(ms, cancel.signal).then(ended, () => undefined);
      await systemClock.sleep(5); // a timer that overflows fires after 1 ms
      cancel.abort();
      await sleep;
      expect(ended).not.toHaveBeenCalled();
    },
  );
});

describe('requireHeld', () => {
  const held = (facts: object) =>
    ({ scope: 'a', isReleased: false, signal: new AbortController().signal, ...facts }) as Parameters<
      typeof requireHeld
    >[0];
  const lost = new HoldfastError('LOCK_LOST', 'gone');

  it.each([
    ['another scope', { scope: 'b' }, 'LOCK_WRONG_SCOPE'],
    ['a released hold', { isReleased: true }, 'LOCK_RELEASED'],
    ['a lost hold', { signal: AbortSignal.abort(lost) }, 'LOCK_LOST'],
  ])('refuses %s', (_what, facts, code) => {
    expect(() => requireHeld(held(facts), 'a')).toThrow(expect.objectContaining({ code }));
  });

  it('takes a live hold of its scope', () => {
    expect(() => requireHeld(held({}), 'a')).not.toThrow();
  });
});
