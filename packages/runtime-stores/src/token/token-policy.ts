/** The times of a profile's families, checked once. */
import { HoldfastError } from '@holdfast/base';

export interface TokenPolicy {
  /** How long the token before the newest is answered with the newest again, in milliseconds. Default 10 s. */
  readonly graceMs: number;
  /** A family that nobody refreshes ends after this. Default 7 days. */
  readonly idleMs: number;
  /** A family ends after this, whatever happens. Default 30 days. */
  readonly absoluteMs: number;
  /**
   * How long after a rotation the device that never presented the newest token may still ask with the one before: its
   * answer was lost. Only for families with a device, and only when the device is told. 0 is off, which is the default;
   * count `isLikelyLost` of refusals before turning it on. At most 5 minutes.
   */
  readonly lostResponseMs: number;
}

const day = 24 * 3_600_000;
const longestLostResponseMs = 5 * 60_000;

const defaults: TokenPolicy = { graceMs: 10_000, idleMs: 7 * day, absoluteMs: 30 * day, lostResponseMs: 0 };

/** @throws HoldfastError CONFIG_INVALID - a time that cannot be */
export function tokenPolicy(given: Partial<TokenPolicy> = {}): TokenPolicy {
  const policy = { ...defaults, ...given };
  for (const [name, ms] of Object.entries(policy)) {
    if (!Number.isSafeInteger(ms) || ms < 0) throw refused(name, ms, 'a number of milliseconds');
  }
  const { graceMs, idleMs, absoluteMs, lostResponseMs } = policy;
  if (idleMs === 0) throw refused('idleMs', idleMs, 'longer than nothing');
  if (absoluteMs < idleMs) throw refused('absoluteMs', absoluteMs, `at least idleMs, ${idleMs}`);
  if (graceMs >= idleMs) throw refused('graceMs', graceMs, `less than idleMs, ${idleMs}`);
  if (lostResponseMs > longestLostResponseMs)
    throw refused('lostResponseMs', lostResponseMs, `at most ${longestLostResponseMs}`);
  return policy;
}

function refused(name: string, value: unknown, wanted: string): HoldfastError {
  return new HoldfastError(
    'CONFIG_INVALID',
    `${name} of the token policy is ${String(value)}, not ${wanted}`,
    {
      details: { name },
    },
  );
}
