import { describe, expect, it } from 'vitest';
import { fromLocalTime, toLocalTime } from './local-time.ts';

describe('a local time', () => {
  it('comes back from UTC as it was', () => {
    for (const local of ['2026-01-15T23:30', '2026-07-15T00:05', '2024-02-29T12:00'])
      expect(toLocalTime(fromLocalTime(local))).toBe(local);
  });

  it('that is none is nothing', () => {
    expect([fromLocalTime(''), fromLocalTime('soon'), toLocalTime(''), toLocalTime('2026-99')]).toEqual([
      '',
      '',
      '',
      '',
    ]);
  });
});
