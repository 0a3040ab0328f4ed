/**
 * The one place where `restricted_effective` is derived. It is stored because reconcile reads it for every session of
 * a gateway and must not evaluate rules on the way (B055 §3).
 *
 * Time does not enter: a rule that depends on it (a grace that ran out) first becomes a reason in the row.
 */
import type { RestrictedReason } from './tables.ts';

/** Whether a connection with this reason is restricted: with any reason it is. */
export function restrictedEffective(reason: RestrictedReason | null): boolean {
  return reason !== null;
}
