/**
 * Whose session an accounting request speaks of. The token that we sent as Class says so. Where a NAS does not echo it, or
 * truth does not know it (it was restored from a backup, the session was adopted), the session key together with the
 * Acct-Session-Id does.
 */
import { isHoldfastError } from '@holdfast/base';
import { type SessionHolder, sessionKeyOf } from '@holdfast/truth-db';
import { type AccountingEvent, nasAddressOf } from './accounting-event.ts';

export interface EventIdentity {
  /** To be tried in this order; empty when nothing tells the session from the one before it. */
  readonly holders: readonly SessionHolder[];
  /** Undefined when the request lacks a part of it. */
  readonly sessionKey: string | undefined;
}

export function eventIdentity(event: AccountingEvent): EventIdentity {
  const { holderToken, sid } = event;
  const sessionKey = keyOf(event);
  return {
    sessionKey,
    holders: [
      ...(holderToken === undefined ? [] : [{ holderToken }]),
      ...(sessionKey === undefined || sid === '' ? [] : [{ sessionKey, acctSessionId: sid }]),
    ],
  };
}

function keyOf(event: AccountingEvent): string | undefined {
  try {
    const nasIpAddress = nasAddressOf(event);
    return sessionKeyOf({ nasIpAddress, callingStationId: event.caller, userName: event.user });
  } catch (error) {
    if (isHoldfastError(error, 'TRUTH_INVALID')) return undefined;
    throw error;
  }
}
