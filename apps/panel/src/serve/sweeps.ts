/**
 * Forgets what is over: receipts, logins, used CAPTCHAs, full buckets; and rotates the salt of addresses when that is due.
 *
 * Every few minutes, a third more or less at random, so that several panels do not come at the same moment. Of those of one state
 * directory one works at a time; those of several hosts do some of it twice, which deletes nothing twice. What fails is told, and
 * tried again at the next turn.
 */
import { type Clock, isHoldfastError, type Log } from '@holdfast/base';
import { asHoldfastError } from '@holdfast/host/cli';
import type { LockRunner } from '@holdfast/lock-runner';
import { sweepReceipts } from '@holdfast/mutations';
import type { Truth } from '@holdfast/truth-db';
import type { Logins } from '../login/logins.ts';
import type { PanelMetrics } from './panel-metrics.ts';

export interface SweepsOptions {
  readonly truth: Truth;
  readonly logins: Pick<Logins, 'sweep'>;
  readonly runner: LockRunner;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: PanelMetrics;
  /** Between two sweeps, in milliseconds; 300 000. */
  readonly everyMs?: number;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
}

const scope = 'panel:sweep';

/** Resolves when the signal has aborted and the sweep under way has ended. */
export async function sweepUntil(signal: AbortSignal, options: SweepsOptions): Promise<void> {
  const { clock, everyMs = 300_000, random = Math.random } = options;
  const pause = (ms: number) => clock.sleep(ms * (2 / 3 + (2 / 3) * random()), signal).catch(() => undefined);
  // The first one soon: a panel that is restarted often has to sweep, too.
  await pause(everyMs / 10);
  while (!signal.aborted) {
    await sweepOnce(signal, options);
    await pause(everyMs);
  }
}

/** Does nothing while another one is at it. */
export async function sweepOnce(signal: AbortSignal, options: SweepsOptions): Promise<void> {
  const { runner, metrics, log } = options;
  try {
    const lock = { waitMs: 0, priority: 'background', purpose: 'vpn-panel sweep', signal } as const;
    await runner.run(scope, lock, () => sweepAll(signal, options));
  } catch (thrown) {
    if (signal.aborted || isHoldfastError(thrown, 'LOCK_BUSY')) return;
    const { code, message } = asHoldfastError(thrown);
    metrics.add('holdfast_panel_sweep_failures_total', 1, {});
    log.warn({ code, problem: message }, 'sweep failed');
  }
}

async function sweepAll(signal: AbortSignal, { truth, logins, clock, metrics, log }: SweepsOptions) {
  const receipts = await sweepReceipts(truth, { at: clock.wallMs(), signal });
  const swept = { receipts, ...(await logins.sweep(signal)) };
  for (const [store, rows] of Object.entries(swept))
    metrics.add('holdfast_panel_swept_total', rows, { store });
  log.debug(swept, 'swept');
}
