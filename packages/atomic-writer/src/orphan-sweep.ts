/**
 * Removes temporary files whose writer was killed. Only proof of death counts: an age says nothing about a writer that
 * is suspended, and a foreign container or boot cannot be seen from here, so its files are kept and named, with the
 * reason. Needs no lock for that: a dead owner never comes back, and two sweeps at once are harmless.
 *
 * The writers' lock is a second proof, for whoever has it: see `SweepOptions.soleWriters`.
 */
import { join } from 'node:path';
import { errnoOf, type Held, HoldfastError, requireHeld } from '@holdfast/base';
import { livenessOf, ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';
import type { FilePort } from './file-port.ts';
import { ownerOfTempName } from './temp-name.ts';

/**
 * Why a temporary file stays: its owner lives; its owner is of another boot (of this machine, or another machine), of
 * another pid namespace (a container), or otherwise out of sight; it is not a regular file; or the errno of the system's
 * refusal.
 */
export type KeepReason =
  | 'owner-alive'
  | 'owner-of-another-boot'
  | 'owner-of-another-namespace'
  | 'owner-unknown'
  | 'not-a-file'
  | (string & {});

export interface SweepReport {
  /** Names, without the directory. */
  readonly removed: readonly string[];
  readonly kept: readonly { readonly name: string; readonly reason: KeepReason }[];
}

export interface SweepOptions {
  /**
   * An exclusive hold under which alone files in this directory are written, by whatever machine or container can write
   * there. Then an owner who is out of sight has no hold, so it is dead or could not publish any more, and what it left is
   * removed too: after a reboot, after a container. A process that is seen to live keeps its files all the same.
   */
  readonly soleWriters?: Held | undefined;
}

/**
 * @throws HoldfastError READ_FAILED - the directory cannot be listed
 * @throws HoldfastError LOCK_WRONG_SCOPE, LOCK_RELEASED, LOCK_LOST - `soleWriters` is no proof (any more); what had been
 *   removed by then was nobody's
 */
export async function sweepOrphans(
  port: FilePort,
  directory: string,
  { soleWriters }: SweepOptions = {},
): Promise<SweepReport> {
  const removed: string[] = [];
  const kept: { name: string; reason: KeepReason }[] = [];
  for (const name of await list(port, directory)) {
    const owner = ownerOfTempName(name);
    if (owner === undefined) continue;
    const reason = reasonToKeep(owner);
    const outcome = removeUnless(reason, port, join(directory, name), soleWriters);
    if (outcome === 'removed') removed.push(name);
    else if (outcome !== 'ENOENT') kept.push({ name, reason: outcome }); // ENOENT: another sweep was faster
  }
  return { removed, kept };
}

/** @returns undefined when the owner is provably dead */
function reasonToKeep(owner: ProcessIdentity): KeepReason | undefined {
  const liveness = livenessOf(owner);
  if (liveness === 'dead') return undefined;
  if (liveness === 'alive') return 'owner-alive';
  const self = ownIdentity();
  if (self.boot === 'none' || self.pidNamespace === '0' || owner.boot === 'none') return 'owner-unknown';
  if (owner.boot !== self.boot) return 'owner-of-another-boot';
  return owner.pidNamespace === self.pidNamespace ? 'owner-unknown' : 'owner-of-another-namespace';
}

/** Under a hold it is a publish: one that is shared, given back or taken over proves nothing about the next file. */
function removeUnless(
  reason: KeepReason | undefined,
  port: FilePort,
  path: string,
  held: Held | undefined,
): 'removed' | KeepReason {
  if (reason === undefined) return removeOrphan(port, path);
  if (reason === 'owner-alive' || held === undefined) return reason;
  requireHeld(held, held.scope);
  return held.publish(() => removeOrphan(port, path));
}

async function list(port: FilePort, directory: string): Promise<readonly string[]> {
  try {
    return await port.list(directory);
  } catch (cause) {
    throw new HoldfastError('READ_FAILED', `${directory} cannot be listed`, {
      cause,
      details: { path: directory, errno: errnoOf(cause) },
    });
  }
}

/** unlink(2) takes a link itself away, never what it points to; still, a writer made no link, so one is kept as found. */
function removeOrphan(port: FilePort, path: string): 'removed' | KeepReason {
  try {
    const facts = port.inspect(path);
    if (facts === undefined) return 'ENOENT';
    if (facts.kind !== 'file') return 'not-a-file';
    port.unlink(path);
    return 'removed';
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return errno;
  }
}
