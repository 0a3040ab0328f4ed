/** The decision alone: its limits to the millisecond, and what holds after any sequence of uses. */
import { describe, expect, it } from 'vitest';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { decideRefresh } from './decide-refresh.ts';
import type { RefreshOutcome } from './refresh-outcome.ts';
import { type PresentedToken, parseRefreshToken, refreshTokenOf } from './refresh-token.ts';
import { describeFamily, type TokenFamily } from './token-family.ts';
import { type TokenPolicy, tokenPolicy } from './token-policy.ts';

const startMs = Date.UTC(2026, 0, 10);
const policy = tokenPolicy({ idleMs: 100_000, absoluteMs: 1_000_000 });

const family: TokenFamily = {
  familyId: '0123456789abcdef'.repeat(2),
  profile: 'web',
  userId: 'ana',
  deviceId: 'phone',
  secret: 'ab'.repeat(32),
  generation: 5,
  rotatedAtMs: startMs,
  idleExpiresAtMs: startMs + 100_000,
  absoluteExpiresAtMs: startMs + 1_000_000,
  revokedAtMs: null,
  revokedReason: null,
};

/** What becomes of the token of a generation, so many milliseconds after the last rotation. */
const decide = (
  generation: number,
  afterMs: number,
  given: Partial<TokenFamily> = {},
  times: TokenPolicy = policy,
) =>
  decideRefresh(
    { ...family, ...given },
    {
      presented: presentedOf(generation),
      profile: 'web',
      deviceId: 'phone',
      policy: times,
      nowMs: startMs + afterMs,
    },
  );

const sumUp = ({ outcome }: { readonly outcome: RefreshOutcome }) =>
  outcome.kind === 'refused' ? outcome.reason : outcome.kind;

describe('a decision on a refresh token', () => {
  it.each([
    ['the newest', 5, 0, 'rotated'],
    ['the newest at the end of the idle time', 5, 100_000, 'rotated'],
    ['the newest after it', 5, 100_001, 'expired'],
    ['the one before at the end of the grace', 4, 10_000, 'repeated'],
    ['the one before after it', 4, 10_001, 'reused'],
    ['the one before, with the clock an hour back', 4, -3_600_000, 'repeated'],
    ['the one before that', 3, 0, 'reused'],
    ['the very first', 1, 0, 'reused'],
    ['an old one of a family that is over', 1, 100_001, 'expired'],
    ['one that was never given out', 6, 0, 'ahead'],
  ])('of %s is what the table says', (_name, generation, afterMs, expected) => {
    expect(sumUp(decide(generation, afterMs))).toBe(expected);
  });

  it('ends a family at its absolute time, however lively it is', () => {
    const given = { idleExpiresAtMs: startMs + 2_000_000 };
    expect(sumUp(decide(5, 1_000_000, given))).toBe('rotated');
    expect(sumUp(decide(5, 1_000_001, given))).toBe('expired');
  });

  it('moves the idle time on and nothing else, and leaves the absolute one', () => {
    expect(decide(5, 50).family).toEqual({
      ...family,
      generation: 6,
      rotatedAtMs: startMs + 50,
      idleExpiresAtMs: startMs + 50 + 100_000,
    });
  });

  it.each([4, 3, 6])('writes nothing unless it rotates or revokes (generation %i)', (generation) => {
    const { family: next } = decide(generation, 0);
    expect(next?.revokedReason).toBe(generation === 3 ? 'reuse' : undefined);
    expect(next?.generation ?? 5).toBe(5);
  });

  it('calls no token of a revoked family reused', () => {
    for (const revokedReason of ['logout', 'password_change', 'admin', 'reuse'] as const) {
      const decision = decide(1, 0, { revokedAtMs: startMs, revokedReason });
      expect(decision.outcome).toMatchObject({ reason: 'revoked', revokedReason, isSuperseded: true });
      expect(decision.family).toBeUndefined();
    }
  });

  it('answers a lost response within its time, only where that is on', () => {
    const times = { ...policy, lostResponseMs: 60_000 };
    expect(sumUp(decide(4, 60_000, {}, times))).toBe('repeated');
    expect(sumUp(decide(4, 60_001, {}, times))).toBe('reused');
    expect(sumUp(decide(4, 60_000, { deviceId: null }, times))).toBe('reused');
    expect(sumUp(decide(3, 20_000, {}, times))).toBe('reused');
    expect(decide(4, 60_000).outcome).toMatchObject({ reason: 'reused', isLikelyLost: true });
  });

  it('gives out one token a generation, never one of a revoked family, and refuses for good what is old', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomOf(seed);
    for (let run = 0; run < randomRuns(40); run += 1) {
      let stored: TokenFamily = { ...family, generation: 1, absoluteExpiresAtMs: startMs + 10 ** 9 };
      let nowMs = startMs;
      for (let step = 0; step < 60; step += 1) {
        nowMs += Math.floor(random() * 12_000) - (random() < 0.05 ? 30_000 : 0);
        const generation = 1 + Math.floor(random() * (stored.generation + 1));
        const question = { presented: presentedOf(generation), profile: 'web', deviceId: undefined };
        const { outcome, family: next = stored } = decideRefresh(stored, { ...question, policy, nowMs });
        expectSound({ before: stored, after: next, generation, outcome }, `seed ${seed}, ${run}.${step}`);
        stored = next;
      }
    }
  });
});

describe('a refresh token', () => {
  const token = refreshTokenOf(family, 5);

  it('is read back as it was made', () => {
    expect(parseRefreshToken(token)).toMatchObject({ familyId: family.familyId, generation: 5 });
  });

  it('differs by family, profile, generation and secret', () => {
    const others = [
      refreshTokenOf({ ...family, familyId: 'f'.repeat(32) }, 5),
      refreshTokenOf({ ...family, profile: 'admin' }, 5),
      refreshTokenOf({ ...family, secret: 'cd'.repeat(32) }, 5),
      refreshTokenOf(family, 6),
    ].map((other) => other.split('.')[3]);
    expect(new Set([token.split('.')[3], ...others]).size).toBe(5);
  });

  it.each(['v2', 'v1', 'v1.x.5.y', token.replace('.5.', '.05.'), token.replace('.5.', '.0.'), `${token}=`])(
    'is not %s',
    (text) => {
      expect(parseRefreshToken(text)).toBeUndefined();
    },
  );

  it('has one spelling: another last character of the same bytes is refused', () => {
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const sibling = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    const presented = parseRefreshToken(`${token.slice(0, -1)}${sibling}`);
    const question = { profile: 'web', deviceId: undefined, policy, nowMs: startMs };
    expect(presented).toBeDefined();
    if (presented === undefined) return;
    expect(sumUp(decideRefresh(family, { ...question, presented }))).toBe('forged');
  });
});

describe('a token policy', () => {
  it.each([
    { graceMs: -1 },
    { idleMs: 0 },
    { idleMs: Number.NaN },
    { absoluteMs: 1 },
    { graceMs: 8 * 24 * 3_600_000 },
    { lostResponseMs: 300_001 },
  ])('of %j is refused', (times) => {
    expect(() => tokenPolicy(times)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('what is shown of a family', () => {
  it('is not its secret', () => {
    expect(JSON.stringify(describeFamily(family))).not.toContain(family.secret);
  });
});

interface Step {
  readonly before: TokenFamily;
  readonly after: TokenFamily;
  /** Of the token that was presented. */
  readonly generation: number;
  readonly outcome: RefreshOutcome;
}

function expectSound({ before, after, generation, outcome }: Step, facts: string): void {
  expect(after.generation - before.generation, facts).toBe(outcome.kind === 'rotated' ? 1 : 0);
  if (outcome.kind === 'refused') return;
  expect(outcome.token, facts).toBe(refreshTokenOf(family, after.generation));
  expect(before.revokedAtMs, facts).toBeNull();
  expect(generation, facts).toBeGreaterThanOrEqual(before.generation - 1);
}

function presentedOf(generation: number): PresentedToken {
  const presented = parseRefreshToken(refreshTokenOf(family, generation));
  if (presented === undefined) throw new Error('a token that was just made is none');
  return presented;
}

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
