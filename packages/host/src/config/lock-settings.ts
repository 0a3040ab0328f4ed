/** The settings of every command that waits for a lock: how long, in which backend, and what is shown meanwhile. */
import { formatDuration, parseDuration } from '@holdfast/base';
import { oneOf } from './one-of.ts';
import type { Setting } from './setting.ts';

/** The backends that work in a directory; those with a server of their own are composed in code. */
export type LockBackendName = 'auto' | 'flock' | 'lockfile';

/** `auto` is live on a terminal and quiet elsewhere, `plain` appends lines wherever stderr goes. */
export type Progress = 'auto' | 'plain' | 'none';

/** The limit of the wait; the default differs from command to command. */
export function lockTimeout(fallbackMs: number, what = 'the lock'): Setting<number> {
  return {
    flag: '--lock-timeout',
    argument: 'duration',
    describe: `how long to wait for ${what}: 500ms, 5s, 2m, 0, infinite (default: ${formatDuration(fallbackMs)})`,
    parse: parseDuration,
    fallback: fallbackMs,
  };
}

export const lockBackend: Setting<LockBackendName> = {
  flag: '--lock-backend',
  argument: 'name',
  describe:
    'auto (what the file system allows, the default), flock or lockfile; the same for all who share locks',
  parse: oneOf('auto', 'flock', 'lockfile'),
  fallback: 'auto',
};

export const progress: Setting<Progress> = {
  flag: '--progress',
  argument: 'mode',
  describe: 'feedback while waiting: auto (on a terminal, the default), plain or none',
  parse: oneOf('auto', 'plain', 'none'),
  fallback: 'auto',
};
