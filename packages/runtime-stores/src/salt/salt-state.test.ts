/** The core of the salt: pure, so its times are numbers. */
import { describe, expect, it } from 'vitest';
import { isSaltSecret, newSaltSecret, saltedKeys, saltLabel } from './salt-secret.ts';
import { overlapping, requireSchedule, rotated, type SaltState, saltStanding } from './salt-state.ts';

const schedule = { rotateEveryMs: 1_000, overlapMs: 100 };
const bornMs = 50_000;
const [first, second, third] = [newSaltSecret(), newSaltSecret(), newSaltSecret()];
const state: SaltState = { current: { secret: first, bornMs } };

describe('the standing of a salt', () => {
  it.each([
    ['absent', 'at first', undefined, 0],
    ['young', 'when it is made', state, bornMs],
    ['young', 'until its age is full', state, bornMs + 999],
    ['due', 'from then on', state, bornMs + 1_000],
    ['due', 'until an overlap more has passed', state, bornMs + 1_099],
    ['expired', 'after that', state, bornMs + 1_100],
    ['young', 'when the clock has gone back a little', state, bornMs - 100],
    ['due', 'when it was made under a clock that was far ahead', state, bornMs - 101],
    ['expired', 'when the clock has gone forward a day', state, bornMs + 86_400_000],
  ] as const)('is %s %s', (standing, _when, given, nowMs) => {
    expect(saltStanding(given, schedule, nowMs)).toBe(standing);
  });
});

describe('a rotation', () => {
  it('keeps the one before for an overlap, and forgets the one before that', () => {
    const next = rotated(state, second, schedule, 60_000);
    expect(next.previous).toEqual({ secret: first, bornMs, validUntilMs: 60_100 });
    expect(overlapping(next, 60_099)?.secret).toBe(first);
    expect(overlapping(next, 60_100)).toBeUndefined();
    expect(rotated(next, third, schedule, 60_050).previous?.secret).toBe(second);
  });

  it('of none has nothing before', () => {
    expect(rotated(undefined, first, schedule, 7)).toEqual({ current: { secret: first, bornMs: 7 } });
  });

  it.each([
    { rotateEveryMs: 0, overlapMs: 1 },
    { rotateEveryMs: 1_000, overlapMs: 0 },
    { rotateEveryMs: 1_000, overlapMs: -1 },
    { rotateEveryMs: 1_000, overlapMs: 1_001 },
    { rotateEveryMs: Number.NaN, overlapMs: 1 },
    { rotateEveryMs: Number.POSITIVE_INFINITY, overlapMs: 1 },
  ])('is not scheduled as %j', (given) => {
    expect(() => requireSchedule(given)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('keys', () => {
  it('differ by salt and by text, and are the same every time', () => {
    const keys = [first, second].flatMap((secret) =>
      ['192.0.2.7', '192.0.2.70', '', 'é', '\ud800'].map(
        (text) => saltedKeys({ current: { secret, bornMs } }, text, bornMs).current,
      ),
    );
    expect(new Set(keys).size).toBe(10);
    expect(saltedKeys(state, '192.0.2.7', bornMs).current).toBe(keys[0]);
  });

  it('under the one before are those that it gave', () => {
    const before = saltedKeys(state, 'a', bornMs).current;
    const next = rotated(state, second, schedule, 60_000);
    expect(saltedKeys(next, 'a', 60_000).previous).toBe(before);
    expect(saltedKeys(next, 'a', 60_100)).not.toHaveProperty('previous');
  });
});

describe('the secret of a salt', () => {
  it('is 32 bytes that differ each time, and its label is none of it', () => {
    const secrets = Array.from({ length: 100 }, newSaltSecret);
    expect(new Set(secrets).size).toBe(100);
    expect(secrets.every(isSaltSecret)).toBe(true);
    expect(Buffer.from(first, 'base64url')).toHaveLength(32);
    expect(saltLabel(first)).toMatch(/^[0-9a-f]{8}$/);
    expect(saltLabel(first)).not.toBe(saltLabel(second));
  });

  it.each([undefined, 7, '', 'short', `${first}x`, `${first.slice(0, -1)}!`])('is not %j', (text) => {
    expect(isSaltSecret(text)).toBe(false);
  });
});
