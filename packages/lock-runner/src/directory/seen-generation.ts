/**
 * The newest generation of a scope that this host has seen. It takes no lock and allots nothing, so whoever looks at what
 * the scope guards can tell whether somebody may have written meanwhile: every holder that asks for its generation before
 * its first effect has left a greater one.
 *
 * Does not tell whether somebody holds the lock now, nor anything of holders that never ask for a generation.
 */
import { join, resolve } from 'node:path';
import { lockFileName } from '../lock-name.ts';
import { lastFence } from './fence-file.ts';

/**
 * @param directory - of the lock files
 * @returns 0 when none was allotted yet
 * @throws HoldfastError SCOPE_INVALID, READ_FAILED, DOCUMENT_INVALID
 */
export function seenGeneration(directory: string, scope: string): number {
  return lastFence(join(resolve(directory), lockFileName(scope)));
}
