/** An accounting request as a trigger: who asks, and about which session. */
import type { AccountingReason } from '../policy/accounting-policy.ts';
import { radiusReason } from '../policy/radius-reason.ts';
import type { AccountingEvent } from './accounting-event.ts';

export function accountingReason({ kind, src, user }: AccountingEvent): AccountingReason {
  return radiusReason(kind, kind === 'nas-on' || kind === 'nas-off' ? src : user);
}
