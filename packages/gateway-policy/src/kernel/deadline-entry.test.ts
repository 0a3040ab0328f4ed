import { describe, expect, it } from 'vitest';
import { deadlineEntry } from './deadline-entry.ts';

describe('deadlineEntry', () => {
  it.each([
    [1, '2'],
    [300, '2'],
    [1_000, '2'],
    [1_001, '3'],
    [300_000, '301'],
  ])('a deadline of %i ms is followed by timeout(1) after %s s, never before', (timeoutMs, seconds) => {
    expect(deadlineEntry(timeoutMs, '/bin/timeout')).toEqual(['/bin/timeout', '--signal=KILL', seconds]);
  });

  it('no deadline is no timeout(1)', () => {
    expect(deadlineEntry(Number.POSITIVE_INFINITY, 'timeout')).toEqual([]);
  });
});
