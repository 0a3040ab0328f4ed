/**
 * The work that is due in an area by itself: what a killed reset has left is healed, what has expired is removed, a salt that
 * is due is rotated, and resets that nobody has undone for long are deleted. Documents that are damaged are counted only.
 */
import type { SweepOptions, SweepReport } from '../documents/keyed-documents.ts';
import type { Finding, Steward } from './steward.ts';
import type { StoreResets, WaitOptions } from './store-resets.ts';

export interface SweepAreaOptions extends SweepOptions {
  /** How long to wait for each lock, in milliseconds. */
  readonly waitMs: number;
  /** How long a reset can be undone, in milliseconds. */
  readonly keepResetsMs: number;
}

export interface SweptArea extends SweepReport {
  readonly area: string;
  /** Resets that were completed or taken back. */
  readonly resumed: readonly string[];
  readonly rotated: boolean;
  /** Resets that were deleted for good. */
  readonly pruned: number;
}

const ordinary: readonly Finding['reason']['kind'][] = ['missing', 'rotation-due', 'expired'];

/** @throws HoldfastError LOCK_BUSY, CANCELLED, RESET_UNFINISHED, RESET_DAMAGED, WRITE_FAILED - what was done before stays so */
export async function sweepArea(
  steward: Steward,
  resets: StoreResets,
  { waitMs, keepResetsMs, ...options }: SweepAreaOptions,
): Promise<SweptArea> {
  const { area } = steward;
  const wait = { waitMs, ...(options.signal === undefined ? {} : { signal: options.signal }) };
  const resumed = await resets.resume(area, wait);
  const rotated = area.rotate !== undefined && (await rotateWhenDue(steward, wait));
  const swept = await area.sweep(options);
  const { removed } = await resets.prune(area, keepResetsMs, wait);
  return { area: area.name, ...swept, resumed, rotated, pruned: removed.length };
}

async function rotateWhenDue(steward: Steward, wait: WaitOptions): Promise<boolean> {
  const found = await Array.fromAsync(steward.observe());
  const due = found.filter(({ reason }) => ordinary.includes(reason.kind));
  const reports = await steward.attend(due, { mode: 'apply', ...wait });
  return reports.some(({ outcome }) => outcome === 'rotated');
}
