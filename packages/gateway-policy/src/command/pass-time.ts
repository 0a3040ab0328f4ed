/**
 * Time as a source of triggers: what has become due since somebody last looked is written to truth, with a trigger for each
 * gateway that it concerns. Of several that look at once each finds what the others have left.
 */
import {
  applyTimeRules,
  expireSessions,
  pruneReleasedSessions,
  type Truth,
  type TruthTransaction,
} from '@holdfast/truth-db';

export interface PassTimeOptions {
  /** Wall clock, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly signal: AbortSignal;
}

/** Events of an ended session come late by minutes, never by more. */
const releasedSessionsMs = 7 * 86_400_000;
const pruneBatch = 1_000;

/**
 * Restricts and disables what was not claimed in time, ends sessions that nobody has extended, forgets old ended ones.
 *
 * @throws HoldfastError as `Truth.transaction`; what was committed before stays
 */
export async function passTime(truth: Truth, { at, signal }: PassTimeOptions): Promise<void> {
  await applyTimeRules(truth, { at, signal });
  await inBatches(truth, signal, async (trx) => (await expireSessions(trx, { at })).mayBeMore);
  await inBatches(truth, signal, async (trx) => {
    const pruned = await pruneReleasedSessions(trx, { before: at - releasedSessionsMs, limit: pruneBatch });
    return pruned === pruneBatch;
  });
}

/** @param work - one batch; tells whether there may be more */
async function inBatches(
  truth: Truth,
  signal: AbortSignal,
  work: (trx: TruthTransaction) => Promise<boolean>,
): Promise<void> {
  for (let mayBeMore = true; mayBeMore; ) {
    signal.throwIfAborted();
    mayBeMore = await truth.transaction(work);
  }
}
