/** Which actions a connection allows its user, and what each changes. The rules are the server's: what it would refuse anyway is not offered. Pure. */
import type { JsonObject } from '@holdfast/optimistic-client';
import type { Role } from '@holdfast/panel-client/schema';

/** Done with a click. */
type PlainAction = 'lift' | 'enable';
/** Those that want a word first: a reason, a date, or a second thought. */
export type AskedAction = 'restrict' | 'disable' | 'resetGrace' | 'extend' | 'renew';
export type ConnectionAction = PlainAction | AskedAction;

export function availableActions(role: Role, value: JsonObject): readonly ConnectionAction[] {
  const isDisabled = value.status === 'DISABLED';
  // Who has no name for RADIUS has no secret for it either.
  const renew = value.radius_username === null ? [] : (['renew'] as const);
  if (role === 'customer') return isDisabled ? [] : renew;
  const isUnclaimed = value.claimed_at === null;
  const reason = value.restricted_reason;
  return [
    reason === null || reason === 'UNCLAIMED_OVERDUE' ? 'restrict' : 'lift',
    isDisabled ? 'enable' : 'disable',
    ...(isUnclaimed ? (['resetGrace', 'extend'] as const) : []),
    ...renew,
  ];
}

export function isAsked(action: ConnectionAction): action is AskedAction {
  return action !== 'lift' && action !== 'enable';
}

/** Of an action that is done with a click. What the server derives from it is shown at once, too. */
export function patchOfPlain(action: PlainAction, value: JsonObject): JsonObject {
  switch (action) {
    case 'lift':
      return { restricted_reason: null, restricted_effective: 0 };
    case 'enable':
      return { status: value.claimed_at === null ? 'PREPROVISIONED' : 'CLAIMED' };
    default:
      return action satisfies never;
  }
}
