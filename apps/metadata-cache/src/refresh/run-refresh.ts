/** One refresh from reason to report: composes the stages, runs the sentence, gathers what is told. Prints nothing. */
import { type Clock, type Held, type HoldfastError, type Log, silentLog, systemClock } from '@holdfast/base';
import { type CycleOptions, cycle } from '@holdfast/cycle';
import { asHoldfastError } from '@holdfast/host/cli';
import { type Catalogue, countOf } from '../catalogue.ts';
import type { Cache } from '../open-cache.ts';
import type { CatalogueSource } from '../source/catalogue-source.ts';
import { Downloads } from '../source/downloads.ts';
import type { Allowance } from '../steward/cache-facts.ts';
import type { CacheReason } from '../steward/cache-reason.ts';
import type { FetchFeedback } from './fetch-feedback.ts';
import { failedReport, noRefresh, type RefreshReport } from './refresh-report.ts';
import { type RefreshStagesOptions, refreshStages } from './refresh-stages.ts';

export interface RefreshOptions {
  readonly cache: Cache;
  readonly source: CatalogueSource;
  readonly reason: CacheReason;
  /** Default 'damaged'. */
  readonly allowance?: Allowance;
  readonly maxAgeMs: number;
  readonly waitMs: number;
  readonly fetchTimeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly feedback?: FetchFeedback;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Tests stop the world at a step. */
  readonly onStep?: CycleOptions['onStep'];
}

export interface RefreshResult {
  readonly report: RefreshReport;
  readonly error?: HoldfastError;
}

/** Never throws: what failed is in the result. */
export async function runRefresh(options: RefreshOptions): Promise<RefreshResult> {
  const { clock = systemClock } = options;
  const run = new RefreshRun(options, clock);
  const startedMs = clock.monotonicMs();
  const tookMs = () => Math.round(clock.monotonicMs() - startedMs);
  try {
    await run.execute();
    return { report: { ...run.report(), tookMs: tookMs() } };
  } catch (thrown) {
    const error = asHoldfastError(thrown);
    return { report: failedReport({ ...run.report(), tookMs: tookMs() }, error), error };
  } finally {
    options.feedback?.end();
  }
}

/** What is known of one refresh at any moment. */
class RefreshRun {
  readonly #options: RefreshOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  #report: RefreshReport;
  #downloads: Downloads | undefined;

  constructor(options: RefreshOptions, clock: Clock) {
    const { reason, source, log = silentLog } = options;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#report = noRefresh(reason.kind, source.name, reason.subject ?? null);
  }

  async execute(): Promise<void> {
    const { reason, waitMs, onStep, cache } = this.#options;
    const stages = refreshStages(this.#stagesOptions());
    const found = await cycle(reason, stages, {
      mode: 'apply',
      priority: 'interactive',
      waitMs,
      clock: this.#clock,
      ...(onStep === undefined ? {} : { onStep }),
    });
    const catalogue = found.desired ?? (await this.#catalogueNow());
    this.#note(catalogue);
    const waitedMs = Math.round(found.waitedMs);
    if (found.outcome === 'joined') this.#report = { ...this.#report, outcome: 'joined', waitedMs };
    const { outcome, revision } = this.#report;
    this.#log.info({ outcome, revision, path: cache.document.path, waitedMs }, 'refresh ended');
  }

  report(): RefreshReport {
    const { bytes = 0, requests = 0, retries = 0 } = this.#downloads ?? {};
    const receipt = this.#options.cache.receipt();
    const publish =
      receipt === undefined
        ? null
        : { bytes: receipt.bytes, retries: receipt.retries, tookMs: Math.round(receipt.tookMs) };
    return { ...this.#report, download: { bytes, requests, retries }, publish };
  }

  #stagesOptions(): RefreshStagesOptions {
    const { cache, source, reason, allowance = 'damaged', maxAgeMs, signal } = this.#options;
    return {
      cache,
      source,
      reason,
      allowance,
      maxAgeMs,
      signal,
      clock: this.#clock,
      beginDownloads: (held) => this.#beginDownloads(held),
      onLocked: (held) => this.#locked(held),
      onSwept: (swept) => {
        if (swept.length > 0) this.#log.warn({ swept }, 'temporary files of dead writers removed');
        this.#report = { ...this.#report, swept };
      },
      onFetched: ({ action, unchanged }) => {
        this.#options.feedback?.end();
        const outcome = action === 'merge' ? 'merged' : 'refreshed';
        this.#report = { ...this.#report, unchanged, outcome };
      },
      onEnd: (result) => {
        if (result.kind === 'failed') this.#log.info({ err: result.error }, 'refresh failed');
      },
    };
  }

  #beginDownloads(held: Held): Downloads {
    const { feedback, signal, fetchTimeoutMs, maxBytes } = this.#options;
    feedback?.begin();
    this.#downloads = new Downloads({
      timeoutMs: fetchTimeoutMs,
      maxBytes,
      signal: AbortSignal.any([signal, held.signal]),
      clock: this.#clock,
      onProgress: (bytes) => feedback?.advance(bytes),
    });
    return this.#downloads;
  }

  #locked(held: Held): void {
    const { backend, waitedMs } = held;
    this.#options.feedback?.locked(held);
    this.#report = { ...this.#report, backend, waitedMs: Math.round(waitedMs) };
    this.#log.info({ backend, waitedMs }, 'cache locked');
  }

  #note(catalogue: Catalogue | undefined): void {
    if (catalogue === undefined) return;
    const { revision, entries } = catalogue;
    this.#report = { ...this.#report, revision, distributions: entries.length, items: countOf(catalogue) };
  }

  async #catalogueNow(): Promise<Catalogue | undefined> {
    const look = await this.#options.cache.document.look();
    return look.state === 'whole' ? look.catalogue : undefined;
  }
}
