/**
 * Accounting-On and -Off: the NAS has none of the sessions any more that it took before. They are released a batch per
 * transaction, so that logins in between wait for no more than one of them. Whoever is cut short begins again: what is
 * released already is not found a second time.
 */
import { releaseNasSessions, type Truth } from '@holdfast/truth-db';
import { accountingPolicy } from '../policy/accounting-policy.ts';
import type { AccountingEvent } from './accounting-event.ts';
import { accountingReason } from './accounting-reason.ts';
import type { EventResult } from './apply-event.ts';

export interface NasRestart {
  readonly truth: Truth;
  readonly event: AccountingEvent;
  /** Name of the gateway of its sender; undefined for a stranger. */
  readonly gateway: string | undefined;
  /** Sessions in one transaction; 500. */
  readonly batchSize?: number;
}

export interface NasRestartResult extends EventResult {
  /** How many sessions this batch has released. */
  readonly released: number;
  /** Whether there may be more: call again. */
  readonly mayBeMore: boolean;
}

/**
 * Releases one batch.
 *
 * @throws HoldfastError as `Truth.transaction`
 */
export async function applyNasRestart(restart: NasRestart): Promise<NasRestartResult> {
  const { truth, event, gateway, batchSize = 500 } = restart;
  const { kind, because } = accountingPolicy(accountingReason(event), {
    nas: gateway === undefined ? 'unknown' : 'known',
    connection: 'unknown',
    isNamed: false,
    hasSessionKey: false,
    isNews: false,
    session: 'unasked',
  });
  if (kind !== 'act' || gateway === undefined) {
    return { outcome: 'ignored', because, isOdd: true, released: 0, mayBeMore: false };
  }
  const { ended: released, mayBeMore } = await truth.transaction((trx) =>
    releaseNasSessions(trx, {
      gateway,
      nasIp: event.src,
      before: lastMs(event),
      reason: event.kind,
      at: event.receivedMs,
      limit: batchSize,
    }),
  );
  return { outcome: 'applied', because, isOdd: false, released, mayBeMore };
}

/**
 * Times of RADIUS are whole seconds. What was begun in the second of an Off was begun before it; in that of an On, after it. A
 * NAS whose clock is ahead must not take back what it has begun since.
 */
function lastMs({ kind, atMs, receivedMs }: AccountingEvent): number {
  return Math.min(kind === 'nas-off' ? atMs + 1_000 : atMs, receivedMs);
}
