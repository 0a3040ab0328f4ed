/** Applies one accounting request to truth, or keeps it until that can be done. */
import type { Mapper } from '../mapper.ts';
import type { AccountingEvent } from './accounting-event.ts';
import { AccountingIntake, type AccountingOutcome } from './accounting-intake.ts';

export type { AccountingOutcome } from './accounting-intake.ts';

const intakes = new WeakMap<Mapper, AccountingIntake>();

/** The one intake of a mapper, which its routes and its background work share. */
export function intakeOf(mapper: Mapper): AccountingIntake {
  const known = intakes.get(mapper) ?? new AccountingIntake(mapper);
  intakes.set(mapper, known);
  return known;
}

/**
 * Applies an event, or keeps it durably.
 *
 * @throws HoldfastError SPOOL_FULL, WRITE_FAILED - neither could be done: its NAS has to keep it
 */
export async function handleAccounting(mapper: Mapper, event: AccountingEvent): Promise<AccountingOutcome> {
  return intakeOf(mapper).take(event);
}
