/**
 * The one place where `restricted_effective` is derived. It is stored because reconcile reads it for every session of
 * a gateway and must not evaluate rules on the way (B055 §3).
 *
 * Time does not enter: a rule that depends on it (a grace that ran out) first becomes a status or a reason in the row.
 */
import type { ConnectionStatus } from './gateway-snapshot.ts';
import type { CustomerStatus, RestrictedReason } from './tables.ts';

/**
 * What a connection may do: `open` everything; `restricted` may connect, but nothing is forwarded; `refused` is neither
 * admitted nor forwarded, and a session it still has is to be ended.
 */
export type Access = 'open' | 'restricted' | 'refused';

/** What access depends on. */
export interface Standing {
  readonly status: ConnectionStatus;
  readonly restrictedReason: RestrictedReason | null;
  /** Of the customer it belongs to; null without one. */
  readonly customerStatus: CustomerStatus | null;
}

/** DISABLED is refused, and so is every connection of a customer who is suspended or deleted; a reason restricts. */
export function accessOf({ status, restrictedReason, customerStatus }: Standing): Access {
  if (status === 'DISABLED') return 'refused';
  if (customerStatus !== null && customerStatus !== 'active') return 'refused';
  return restrictedReason === null ? 'open' : 'restricted';
}

/** Why access is refused, undefined when it is not. The customer counts more than the connection: he is told of his own state. */
export function whyRefused(standing: Standing): 'disabled' | 'suspended' | 'deleted' | undefined {
  if (accessOf(standing) !== 'refused') return undefined;
  const { customerStatus } = standing;
  return customerStatus === 'suspended' || customerStatus === 'deleted' ? customerStatus : 'disabled';
}

/** Whether a gateway must forward nothing for this connection. */
export function restrictedEffective(standing: Standing): boolean {
  return accessOf(standing) !== 'open';
}
