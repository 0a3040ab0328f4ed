/** What the NASes of a gateway would be asked by a run, for a look: nothing is sent and nothing stored. */
import { HoldfastError } from '@holdfast/base';
import { type NasSnapshot, readNasSnapshot, type Truth } from '@holdfast/truth-db';
import { nasActions } from './nas-actions.ts';
import { type NasDrift, pendingDrift } from './nas-report.ts';

export interface NasQuestion {
  readonly truth: Truth;
  readonly gateway: string;
  /** In milliseconds since the Unix epoch. */
  readonly at: number;
  /** Connections that changed, when a run is about them; without it, all. Ended sessions are told of in any case. */
  readonly connections?: readonly number[] | undefined;
}

export interface NasDue {
  /** How many requests a run would send now. */
  readonly due: number;
  /** How many wait for a NAS that was silent or refused. */
  readonly deferred: number;
  readonly drift: readonly NasDrift[];
  readonly warnings: readonly string[];
}

/**
 * What a run would ask now.
 *
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 * @throws HoldfastError as `Truth.snapshot`
 */
export async function nasDue(request: NasQuestion): Promise<NasDue> {
  const { due, deferred, warnings } = nasActions(await readNases(request), request.at);
  return {
    due: due.length,
    deferred: deferred.length,
    drift: pendingDrift(due, deferred),
    warnings,
  };
}

/** @throws HoldfastError CONFIG_INVALID - truth has no such gateway */
export async function readNases(request: NasQuestion): Promise<NasSnapshot> {
  const { truth, gateway, at, connections } = request;
  const snapshot = await readNasSnapshot(truth, { gateway, at, connections });
  if (snapshot !== undefined) return snapshot;
  throw new HoldfastError('CONFIG_INVALID', `truth has no gateway named ${gateway}`, {
    details: { gateway },
  });
}
