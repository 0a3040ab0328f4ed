/** What a refresh tells: the `--json` document, and the line for a person. Keys are stable. */
import type { HoldfastError } from '@holdfast/base';
import { errorDocument, lengthOf } from '@holdfast/host/cli';
import { formatSize } from '../size.ts';
import type { CacheReasonKind } from '../steward/cache-reason.ts';

export interface RefreshReport {
  /** 'joined': what was wanted was published while this refresh waited, and nothing was downloaded. */
  readonly outcome: 'refreshed' | 'merged' | 'joined' | 'locked' | 'refused' | 'cancelled' | 'failed';
  readonly reason: CacheReasonKind;
  readonly source: string;
  /** The one distribution that was wanted; null for all. */
  readonly only: string | null;
  /** Of the catalogue that is there now; null when this run does not know. */
  readonly revision: number | null;
  readonly distributions: number | null;
  /** Things in all distributions together. */
  readonly items: number | null;
  /** Distributions of which the source said that nothing has changed. */
  readonly unchanged: number;
  readonly download: { readonly bytes: number; readonly requests: number; readonly retries: number };
  /** The publication: tries that were repeated, and its time; null when there was none. */
  readonly publish: { readonly bytes: number; readonly retries: number; readonly tookMs: number } | null;
  /** Temporary files of dead writers that were removed. */
  readonly swept: readonly string[];
  readonly backend: string | null;
  readonly waitedMs: number;
  readonly tookMs: number;
  readonly error?: ReturnType<typeof errorDocument>;
}

/** A refresh of which nothing is known yet. */
export function noRefresh(reason: CacheReasonKind, source: string, only: string | null): RefreshReport {
  return {
    outcome: 'failed',
    reason,
    source,
    only,
    revision: null,
    distributions: null,
    items: null,
    unchanged: 0,
    download: { bytes: 0, requests: 0, retries: 0 },
    publish: null,
    swept: [],
    backend: null,
    waitedMs: 0,
    tookMs: 0,
  };
}

export function failedReport(report: RefreshReport, error: HoldfastError): RefreshReport {
  return { ...report, outcome: outcomeOf(error), error: errorDocument(error) };
}

function outcomeOf({ code }: HoldfastError): RefreshReport['outcome'] {
  switch (code) {
    case 'LOCK_BUSY':
      return 'locked';
    case 'CANCELLED':
    case 'TERMINATED':
      return 'cancelled';
    case 'REFUSED':
    case 'DOCUMENT_NEWER':
      return 'refused';
    default:
      return 'failed';
  }
}

export function describeRefresh(report: RefreshReport, unit: string): string {
  const { outcome, source, only, distributions, items, unchanged, download, publish, tookMs } = report;
  const what = only === null ? source : `${only} of ${source}`;
  const holds = `${distributions} distributions, ${items} ${unit}`;
  if (outcome === 'joined') return `${what}: joined a refresh just published; ${holds}`;
  const same = unchanged === 0 ? '' : `, ${unchanged} unchanged`;
  const retried = (publish?.retries ?? 0) === 0 ? '' : `, published at try ${(publish?.retries ?? 0) + 1}`;
  const took = `${formatSize(download.bytes)} in ${lengthOf(tookMs)}`;
  return `${outcome} ${what}: ${holds}${same}; ${took}${retried}`;
}
