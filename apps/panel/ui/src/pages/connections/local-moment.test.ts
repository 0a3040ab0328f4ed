/** A moment in a control, and back. */
import { describe, expect, it } from 'vitest';
import { laterDeadline, localOf } from './local-moment.ts';

const noon = Date.parse('2026-06-01T12:00:00.000Z');

describe('a moment in a control', () => {
  it('is the same moment again', () => {
    expect(laterDeadline(localOf(noon), '2026-05-01T00:00:00.000Z', 0)).toBe('2026-06-01T12:00:00.000Z');
  });

  it.each([
    ['', '2026-05-01T00:00:00.000Z', 0],
    [localOf(noon), '2026-06-01T12:00:00.000Z', 0],
    [localOf(noon), '2026-05-01T00:00:00.000Z', noon],
  ])('is refused when it is none, or too early: %j after %s', (typed, deadline, nowMs) => {
    expect(laterDeadline(typed, deadline, nowMs)).toBeUndefined();
  });
});
