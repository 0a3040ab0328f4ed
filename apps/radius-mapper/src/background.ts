/** The spool and the janitor of a mapper. */
import { intakeOf } from './accounting/handle-accounting.ts';
import { Janitor } from './janitor/janitor.ts';
import type { Background, Mapper } from './mapper.ts';

/**
 * Starts what goes on until the signal.
 *
 * @throws HoldfastError STATE_DIRECTORY - the spool cannot be made
 */
export function startBackground(mapper: Mapper, signal: AbortSignal): Background {
  const intake = intakeOf(mapper);
  intake.spool.prepare();
  const janitor = new Janitor(mapper);
  const work = [intake.drainUntil(signal), janitor.workUntil(signal)];
  return {
    closed: Promise.all(work).then(() => undefined),
    reasons: () => intake.reasons,
  };
}
