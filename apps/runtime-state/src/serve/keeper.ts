/**
 * A round over all stores: each is swept, and its steward decides on what is damaged. One keeper of a state directory works
 * at a time, by the lock `stores:keeper`; what goes wrong in one store keeps nobody from the next.
 */
import type { Clock, HoldfastError, Log } from '@holdfast/base';
import { isHoldfastError } from '@holdfast/base';
import type { WatchedRun } from '@holdfast/cycle';
import { asHoldfastError } from '@holdfast/host/cli';
import { type Steward, type StewardReport, sweepArea } from '@holdfast/runtime-stores';
import type { OpenStores } from '../open-stores.ts';
import type { KeeperMetrics } from './keeper-metrics.ts';

export interface KeeperOptions {
  /** Asked for each round: a profile may have come. */
  readonly open: () => OpenStores;
  readonly waitMs: number;
  readonly keepResetsMs: number;
  readonly log: Log;
  readonly metrics: KeeperMetrics;
  readonly clock: Clock;
}

const scope = 'stores:keeper';

export class Keeper {
  readonly #options: KeeperOptions;
  /** Why a store is not as it should be, by area. */
  readonly #reasons = new Map<string, string>();
  #hasRun = false;
  #steppedMs: number;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#steppedMs = options.clock.monotonicMs();
  }

  /** In the words of a log; none when all is well. */
  get reasons(): readonly string[] {
    return this.#hasRun ? [...this.#reasons.values()] : ['no round has ended yet'];
  }

  /** How long ago the last step ended, in milliseconds. */
  get stillForMs(): number {
    return Math.round(this.#options.clock.monotonicMs() - this.#steppedMs);
  }

  async round(signal: AbortSignal): Promise<WatchedRun> {
    const { open, clock, metrics } = this.#options;
    const startMs = clock.monotonicMs();
    let hasFailed = false;
    try {
      const stores = open();
      const options = { waitMs: 0, priority: 'background', purpose: 'runtime-state serve', signal } as const;
      await stores.runner.run(scope, options, async () => {
        for (const steward of stores.stewards) {
          if (signal.aborted) return;
          hasFailed = !(await this.#attend(steward, stores, signal)) || hasFailed;
          this.#steppedMs = clock.monotonicMs();
        }
      });
      this.#tell('stores', undefined);
    } catch (thrown) {
      if (signal.aborted) return 'done';
      // Somebody else is at it: what there is to do is done.
      hasFailed = !isHoldfastError(thrown, 'LOCK_BUSY');
      this.#tell('stores', hasFailed ? asHoldfastError(thrown) : undefined);
    }
    this.#hasRun = true;
    this.#steppedMs = clock.monotonicMs();
    metrics.add('holdfast_stores_rounds_total', 1, { outcome: hasFailed ? 'failed' : 'done' });
    metrics.observe('holdfast_stores_round_seconds', (clock.monotonicMs() - startMs) / 1_000, {});
    if (!hasFailed) metrics.set('holdfast_stores_last_round_timestamp_seconds', clock.wallMs() / 1_000, {});
    return hasFailed ? 'again' : 'done';
  }

  /** @returns whether all of it was done */
  async #attend(steward: Steward, { resets }: OpenStores, signal: AbortSignal): Promise<boolean> {
    const { waitMs, keepResetsMs, metrics, log, clock } = this.#options;
    const { name, store } = steward.area;
    const step = () => {
      this.#steppedMs = clock.monotonicMs();
    };
    try {
      const swept = await sweepArea(steward, resets, { waitMs, keepResetsMs, signal, onProgress: step });
      metrics.add('holdfast_stores_swept_total', swept.removed, { store });
      metrics.set('holdfast_stores_entries', swept.kept, { area: name });
      if (swept.rotated) {
        metrics.add('holdfast_stores_verdicts_total', 1, { store, verdict: 'rotate' });
        log.info({ area: name }, 'salt rotated');
      }
      for (const id of swept.resumed) log.info({ area: name, reset: id }, 'interrupted reset completed');
      const reports = await this.#decide(steward, waitMs, signal);
      const damaged = reports.filter(({ outcome }) => outcome === 'kept' || outcome === 'refused');
      metrics.set('holdfast_stores_damaged_documents', damaged.length, { store });
      this.#reason(name, refusalOf(name, reports));
      this.#tell(name, undefined);
      return true;
    } catch (thrown) {
      if (signal.aborted) return true;
      this.#tell(name, asHoldfastError(thrown));
      return false;
    }
  }

  async #decide(steward: Steward, waitMs: number, signal: AbortSignal): Promise<readonly StewardReport[]> {
    const { log, metrics } = this.#options;
    const findings = await Array.fromAsync(steward.observe());
    const reports = await steward.attend(findings, { mode: 'apply', waitMs, signal });
    for (const { outcome, verdict, document, condition, because, reset } of reports) {
      metrics.add('holdfast_stores_verdicts_total', 1, { store: steward.area.store, verdict });
      const facts = { area: steward.area.name, document, condition, because, reset: reset?.id };
      if (outcome === 'reset') log.warn(facts, 'damaged document reset');
      else log.debug({ ...facts, outcome }, 'steward decided');
    }
    return reports;
  }

  #reason(area: string, text: string | undefined): void {
    const isNews = text !== undefined && this.#reasons.get(area) !== text;
    if (isNews) this.#options.log.warn({ area, problem: text }, 'store is not whole');
    if (text === undefined) this.#reasons.delete(area);
    else this.#reasons.set(area, text);
  }

  /** A failure is told once, and so is its end. */
  #tell(area: string, failure: HoldfastError | undefined): void {
    const key = `${area} failure`;
    const text = failure === undefined ? undefined : `${area}: ${failure.message} [${failure.code}]`;
    const before = this.#reasons.get(key);
    if (text === before) return;
    const { log } = this.#options;
    if (failure === undefined) log.info({ area }, 'store can be kept again');
    else log.warn({ area, code: failure.code, problem: failure.message }, 'store cannot be kept');
    if (text === undefined) this.#reasons.delete(key);
    else this.#reasons.set(key, text);
  }
}

function refusalOf(area: string, reports: readonly StewardReport[]): string | undefined {
  const [first, ...others] = reports.filter(({ outcome }) => outcome === 'refused');
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` and ${others.length} more documents`;
  return `${area}: ${first.document}${more} left as ${first.condition}, since ${first.because} [REFUSED]`;
}
