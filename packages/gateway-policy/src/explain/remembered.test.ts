/** A question that many ask. */
import { systemClock } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { remembered } from './remembered.ts';

function asking() {
  const asked: PromiseWithResolvers<string>[] = [];
  let nowMs = 0;
  const ask = remembered(
    () => {
      const question = Promise.withResolvers<string>();
      asked.push(question);
      return question.promise;
    },
    { clock: { ...systemClock, monotonicMs: () => nowMs }, forMs: 1_000 },
  );
  return {
    ask,
    asked,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('a remembered answer', () => {
  it('serves those who ask while it is awaited, and for a while after', async () => {
    const { ask, asked, pass } = asking();
    const first = ask();
    pass(5_000);
    const second = ask();
    asked[0]?.resolve('one');
    expect(await Promise.all([first, second])).toEqual(['one', 'one']);
    pass(999);
    expect(await ask()).toBe('one');
    pass(1);
    const next = ask();
    asked[1]?.resolve('two');
    expect(await next).toBe('two');
    expect(asked).toHaveLength(2);
  });

  it('may be a failure, which ends too', async () => {
    const { ask, asked, pass } = asking();
    const first = ask();
    asked[0]?.reject(new Error('away'));
    await expect(first).rejects.toThrow();
    await expect(ask()).rejects.toThrow();
    pass(1_000);
    const next = ask();
    asked[1]?.resolve('back');
    expect(await next).toBe('back');
  });
});
