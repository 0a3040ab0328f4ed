/** Delays: doubling, capped, and with full jitter never above what they would be without. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff } from './backoff.ts';

const take = (delays: Generator<number>, count: number) =>
  Array.from({ length: count }, () => delays.next().value);

describe('backoff', () => {
  it('doubles up to its cap and stays there', () => {
    expect(take(backoff({ initialMs: 50, maxMs: 1_000 }), 7)).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
  });

  it('never exceeds its cap, also when it starts above', () => {
    expect(take(backoff({ initialMs: 50, maxMs: 20 }), 2)).toEqual([20, 20]);
  });

  it('draws every delay with full jitter from zero to the plain one', () => {
    const options = { initialMs: 5, maxMs: 2_000 };
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 12 }),
        (draws) => {
          const source = draws.values();
          const random = () => source.next().value ?? 0;
          const delays = take(backoff({ ...options, jitter: 'full', random }), 12);
          const plain = take(backoff(options), 12);
          expect(delays.every((delay, place) => delay === (draws[place] ?? 0) * (plain[place] ?? 0))).toBe(
            true,
          );
        },
      ),
    );
  });
});
