/**
 * The areas of a state directory: counters, claims and the salt always, families for each profile that has a directory.
 *
 * ```
 * STATE_DIR/stores/rate-limit/3f/a2.json                          lock rate-limit:3fa
 * STATE_DIR/stores/captcha/3f/a2.json                             lock captcha:3fa
 * STATE_DIR/stores/token/PROFILE/{families,users}/3f/a2.json      locks token:PROFILE, then token:PROFILE:families:3fa
 * STATE_DIR/stores/salt/ip.json                                   lock salt:ip
 * STATE_DIR/stores/.trash                                         resets
 * ```
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, errnoOf, HoldfastError, systemClock } from '@holdfast/base';
import type { LockRunner } from '@holdfast/lock-runner';
import type { ResetPort } from '@holdfast/reset-executor';
import { defaultSaltSchedule, requireSchedule, type SaltSchedule } from '../salt/salt-state.ts';
import { captchaArea } from './captcha-area.ts';
import { rateLimitArea } from './rate-limit-area.ts';
import { SaltArea } from './salt-area.ts';
import { Steward } from './steward.ts';
import type { StoreArea } from './store-area.ts';
import { StoreResets } from './store-resets.ts';
import { tokenArea } from './token-area.ts';

export interface StoresOnDiskOptions {
  /** `STATE_DIR/stores`. */
  readonly directory: string;
  /** Of the counters, where they are on a tmpfs elsewhere. Default `rate-limit` in the directory of the stores. */
  readonly rateLimitDirectory?: string | undefined;
  readonly runner: LockRunner;
  readonly schedule?: SaltSchedule;
  /** How long a sweep or a rotation waits for the lock of a document, in milliseconds. Default 2000. */
  readonly waitMs?: number | undefined;
  readonly clock?: Clock;
  /** The file system of resets; tests make single calls fail. */
  readonly fs?: ResetPort;
}

/** All that stewards work on. */
export interface StoresOnDisk {
  readonly areas: readonly StoreArea[];
  readonly stewards: readonly Steward[];
  readonly resets: StoreResets;
}

/**
 * @throws HoldfastError USAGE - the schedule cannot be kept
 * @throws HoldfastError READ_FAILED - the directory of the profiles is there and cannot be listed
 */
export function findStores(options: StoresOnDiskOptions): StoresOnDisk {
  const { directory, runner, schedule = defaultSaltSchedule, clock = systemClock, waitMs } = options;
  requireSchedule(schedule);
  const shared = { runner, clock, ...(waitMs === undefined ? {} : { waitMs }) };
  const tokens = join(directory, 'token');
  const counters = rateLimitArea({
    ...shared,
    directory: options.rateLimitDirectory ?? join(directory, 'rate-limit'),
  });
  const claims = captchaArea({ ...shared, directory: join(directory, 'captcha') });
  const families = profilesIn(tokens).map((profile) => tokenArea({ ...shared, directory: tokens, profile }));
  const salt = new SaltArea({ ...shared, directory: join(directory, 'salt'), name: 'ip', schedule });
  const areas: readonly StoreArea[] = [counters, claims, ...families, salt];
  const { fs } = options;
  const resets = new StoreResets({
    storesDirectory: directory,
    areas,
    runner,
    clock,
    ...(fs === undefined ? {} : { fs }),
  });
  const stewards = areas.map(
    (area) => new Steward({ area, resets, dependants: area === salt ? [counters] : [] }),
  );
  return { areas, stewards, resets };
}

function profilesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') return [];
    throw new HoldfastError('READ_FAILED', `${directory} cannot be listed`, {
      cause,
      details: { path: directory, errno },
    });
  }
}
