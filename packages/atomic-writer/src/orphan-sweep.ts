/**
 * Removes temporary files whose writer was killed. Only proof of death counts: an age says nothing about a writer that
 * is suspended, and a foreign container or boot cannot be seen from here, so its files are kept and named. Needs no
 * lock: a dead owner never comes back, and two sweeps at once are harmless.
 */
import { join } from 'node:path';
import { errnoOf, HoldfastError } from '@holdfast/base';
import { livenessOf } from '@holdfast/base/process-identity';
import type { FilePort } from './file-port.ts';
import { ownerOfTempName } from './temp-name.ts';

/** Why a temporary file stays: its owner lives, may live, it is not a regular file, or the system refused (the errno). */
export type KeepReason = 'owner-alive' | 'owner-unknown' | 'not-a-file' | (string & {});

export interface SweepReport {
  /** Names, without the directory. */
  readonly removed: readonly string[];
  readonly kept: readonly { readonly name: string; readonly reason: KeepReason }[];
}

/** @throws HoldfastError READ_FAILED - the directory cannot be listed */
export async function sweepOrphans(port: FilePort, directory: string): Promise<SweepReport> {
  const removed: string[] = [];
  const kept: { name: string; reason: KeepReason }[] = [];
  for (const name of await list(port, directory)) {
    const owner = ownerOfTempName(name);
    if (owner === undefined) continue;
    const liveness = livenessOf(owner);
    if (liveness !== 'dead') {
      kept.push({ name, reason: `owner-${liveness}` });
      continue;
    }
    const outcome = removeOrphan(port, join(directory, name));
    if (outcome === 'removed') removed.push(name);
    else if (outcome !== 'ENOENT') kept.push({ name, reason: outcome }); // ENOENT: another sweep was faster
  }
  return { removed, kept };
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
