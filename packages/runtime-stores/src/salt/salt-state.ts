/**
 * The salts that keys are made with, as a value: the current one, and for a while after a rotation the one before it. All
 * that can be decided about them is decided here, from the state, the schedule and the time that are given.
 */
import { HoldfastError } from '@holdfast/base';

export interface Salt {
  /** 32 random bytes, base64url. Never shown. */
  readonly secret: string;
  /** When it became the current one, in milliseconds since the epoch. */
  readonly bornMs: number;
}

export interface RetiredSalt extends Salt {
  /** Keys under it are looked up until then. */
  readonly validUntilMs: number;
}

export interface SaltState {
  readonly current: Salt;
  readonly previous?: RetiredSalt | undefined;
}

export interface SaltSchedule {
  /** Age at which a salt is replaced, in milliseconds. */
  readonly rotateEveryMs: number;
  /**
   * How long the replaced one stays valid: at least as long as the slowest bucket that is keyed with it takes to fill, at
   * most until the next rotation.
   */
  readonly overlapMs: number;
}

/** `expired` is long overdue: nobody has rotated for a whole overlap more. */
export type SaltStanding = 'absent' | 'young' | 'due' | 'expired';

const hourMs = 3_600_000;

/** A week, and a day of overlap. */
export const defaultSaltSchedule: SaltSchedule = { rotateEveryMs: 168 * hourMs, overlapMs: 24 * hourMs };

/** @throws HoldfastError USAGE - a length is no positive number, or the overlap longer than the life of a salt */
export function requireSchedule({ rotateEveryMs, overlapMs }: SaltSchedule): void {
  const isLength = (ms: number) => Number.isSafeInteger(ms) && ms > 0;
  if (isLength(rotateEveryMs) && isLength(overlapMs) && overlapMs <= rotateEveryMs) return;
  throw new HoldfastError(
    'USAGE',
    `a salt cannot rotate every ${rotateEveryMs} ms and overlap ${overlapMs}`,
    {
      details: { rotateEveryMs, overlapMs },
    },
  );
}

/**
 * Whether it is time for another salt.
 *
 * A salt that was born later than now, by more than an overlap, was made while the clock was wrong: it is due at once, since
 * waiting until the clock has come so far again could take years. Smaller steps back delay a rotation by their length.
 */
export function saltStanding(
  state: SaltState | undefined,
  schedule: SaltSchedule,
  nowMs: number,
): SaltStanding {
  if (state === undefined) return 'absent';
  const ageMs = nowMs - state.current.bornMs;
  if (ageMs >= schedule.rotateEveryMs + schedule.overlapMs) return 'expired';
  return ageMs >= schedule.rotateEveryMs || ageMs < -schedule.overlapMs ? 'due' : 'young';
}

/** The next state: `secret` is current, what was current overlaps, what overlapped is forgotten. */
export function rotated(
  state: SaltState | undefined,
  secret: string,
  schedule: SaltSchedule,
  nowMs: number,
): SaltState {
  const current = { secret, bornMs: nowMs };
  if (state === undefined) return { current };
  return { current, previous: { ...state.current, validUntilMs: nowMs + schedule.overlapMs } };
}

/** The salt before, as long as keys under it count. */
export function overlapping(state: SaltState, nowMs: number): RetiredSalt | undefined {
  const { previous } = state;
  return previous !== undefined && nowMs < previous.validUntilMs ? previous : undefined;
}
