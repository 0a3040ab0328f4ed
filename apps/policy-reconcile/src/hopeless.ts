/**
 * Whether a daemon that fails at its very start should end: with what only a person can correct. A database server that is
 * not up yet at boot is waited for; nobody is going to start a file that is not there.
 */
import type { HoldfastError } from '@holdfast/base';

/** usage, not permitted, configuration */
const exits: readonly number[] = [64, 77, 78];

export function isHopeless({ code, exit }: HoldfastError, isServer: boolean): boolean {
  // Exit 78, but a matter of how many sessions there are now: one that ends makes room.
  if (code === 'CAPACITY') return false;
  if (exits.includes(exit) || code === 'STATE_DIRECTORY') return true;
  return !isServer && (code === 'DATABASE_UNREACHABLE' || code === 'TARGET_REFUSED');
}

/** Whether another try may succeed although nobody has corrected anything and no trigger has come. */
export function mayPass({ exit }: HoldfastError): boolean {
  return [69, 73, 74, 75].includes(exit);
}
