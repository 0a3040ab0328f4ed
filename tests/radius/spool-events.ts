/** One event for each user, so that none can stand for another. */
import type { AccountingEvent } from '../../apps/radius-mapper/src/accounting/accounting-event.ts';
import { eventOf } from './accounting-world.ts';

export function userOf(number: number): string {
  return `user${number}`;
}

/** The Start of the only session of a user. */
export function eventOfUser(number: number): AccountingEvent {
  const device = { user: userOf(number), caller: `caller${number}` };
  return eventOf('start', device, { sid: `s${number}`, framedIp: `10.8.1.${number + 1}` });
}
