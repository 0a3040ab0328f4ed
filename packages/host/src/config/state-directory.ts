/** Where a command keeps its locks, runs and stores when nobody says otherwise. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.ts';

/** `/var/lib/holdfast` for root, else `$XDG_STATE_HOME/holdfast` or `~/.local/state/holdfast`. */
export function defaultStateDirectory(environment: Environment): string {
  if (process.geteuid?.() === 0) return '/var/lib/holdfast';
  const base = environment.XDG_STATE_HOME;
  return join(base?.startsWith('/') === true ? base : join(homedir(), '.local', 'state'), 'holdfast');
}
