/** Names that come from outside: what a store, a path and a lock can take. */
import { HoldfastError } from '@holdfast/base';

/** Columns of the truth have so much room. */
const longestUser = 255;

/**
 * The name of a profile stands in paths, scopes and keys as it is.
 *
 * @throws HoldfastError CONFIG_INVALID
 */
export function requireProfile(profile: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,63}$/.test(profile)) return profile;
  throw new HoldfastError(
    'CONFIG_INVALID',
    `${JSON.stringify(profile.slice(0, 80))} names no profile: 1 to 64 of a-z, 0-9, - and _`,
  );
}

/** @throws HoldfastError USAGE - it is empty, longer than 255 characters, or holds half a character */
export function requireName(what: string, name: string): string {
  if (name.length > 0 && name.length <= longestUser && name.isWellFormed()) return name;
  throw new HoldfastError(
    'USAGE',
    `the ${what} has ${name.length} characters, not 1 to ${longestUser} whole ones`,
  );
}
