/**
 * What a reader gets: the catalogue without a lock, the generation before it where it is damaged, and then at most one
 * refresh under the lock. The lock kit is loaded for that refresh only.
 */
import { type HoldfastError, systemClock } from '@holdfast/base';
import { asHoldfastError, lengthOf, warn } from '@holdfast/host/cli';
import { asLockTimeout, type LoadedSettings, namingLimit } from '@holdfast/host/config';
import type { CacheLook } from '../cache-document.ts';
import { ageOf, type Catalogue } from '../catalogue.ts';
import { openDocument } from '../open-document.ts';
import type { RefreshReport } from '../refresh/refresh-report.ts';
import { refusalOf } from '../refusal-of.ts';
import type { CatalogueSource } from '../source/catalogue-source.ts';
import { sourceOf } from '../source/source-of.ts';
import { type CacheState, stateOf } from '../steward/cache-facts.ts';
import { decideCache } from '../steward/cache-policy.ts';
import { type CacheReasonKind, cacheReason } from '../steward/cache-reason.ts';
import type { readSettings } from './read-command.ts';

export type ReadSettings = LoadedSettings<typeof readSettings>;

export interface Served {
  readonly catalogue: Catalogue;
  readonly source: CatalogueSource;
  readonly path: string;
  readonly generation: number;
  readonly from: 'current' | 'last-good';
  readonly state: CacheState;
  readonly ageMs: number;
  /** What is not as it should be. */
  readonly warnings: readonly string[];
  /** Of the refresh that was needed first. */
  readonly refreshed: RefreshReport | null;
}

/** Why a reader looks again; a fresh catalogue needs no reason. */
const reasons: Readonly<Record<Exclude<CacheState, 'fresh'>, CacheReasonKind>> = {
  stale: 'stale',
  'last-good': 'corrupt',
  absent: 'missing',
  corrupt: 'corrupt',
  unreadable: 'corrupt',
  newer: 'corrupt',
};

/**
 * @throws HoldfastError CACHE_MISSING - nothing was fetched yet
 * @throws HoldfastError DOCUMENT_INVALID, DOCUMENT_NEWER, READ_FAILED, TARGET_REFUSED - and nothing may or can be done
 * @throws HoldfastError of the refresh, when there is nothing else to serve
 */
export async function readCatalogue(settings: ReadSettings, signal: AbortSignal): Promise<Served> {
  const source = sourceOf(settings.source.value, settings.foojayUrl.value);
  const document = openDocument({ stateDirectory: settings.stateDirectory, source });
  const freshness = { wallMs: systemClock.wallMs(), maxAgeMs: settings.maxAge.value };
  const look = await document.look();
  const state = stateOf(look, freshness);
  if (state === 'fresh') return served({ look, state, source, path: document.path, settings });
  const reason = cacheReason(reasons[state]);
  const verdict = decideCache(reason, { state, allowance: settings.refresh.value });
  if (verdict.kind === 'refuse') throw refusalOf(look, source.name, verdict.because);
  if (verdict.kind === 'keep') return served({ look, state, source, path: document.path, settings });
  const { report, error } = await refreshOnce(settings, reason.kind, signal);
  const after = await document.look();
  if (after.state !== 'whole') throw error ?? refusalOf(after, source.name, 'it is gone again');
  const facts = { look: after, state: stateOf(after, freshness), source, path: document.path, settings };
  return served({ ...facts, refreshed: report, failure: error });
}

/** Who may not write here, or has no network, is still served what is whole. */
async function refreshOnce(settings: ReadSettings, kind: CacheReasonKind, signal: AbortSignal) {
  const [{ composeRefresh }, { runRefresh }] = await Promise.all([
    import('../refresh/compose-refresh.ts'),
    import('../refresh/run-refresh.ts'),
  ]);
  const allowance = settings.refresh.value;
  try {
    const composed = await composeRefresh(settings, signal);
    const { report, error } = await runRefresh({ ...composed, allowance, reason: cacheReason(kind) });
    const limit = asLockTimeout(settings.lockTimeout);
    return { report, error: error && asHoldfastError(namingLimit(error, limit)) };
  } catch (error) {
    return { report: undefined, error: asHoldfastError(error) };
  } finally {
    signal.throwIfAborted();
  }
}

interface ServedFacts extends Pick<Served, 'state' | 'source' | 'path'> {
  readonly look: CacheLook;
  readonly settings: ReadSettings;
  readonly refreshed?: RefreshReport | undefined;
  readonly failure?: HoldfastError | undefined;
}

function served({ look, state, source, path, settings, refreshed, failure }: ServedFacts): Served {
  if (look.state !== 'whole') throw refusalOf(look, source.name, 'there is nothing to serve');
  const { catalogue, generation, from } = look;
  const ageMs = ageOf(catalogue, systemClock.wallMs());
  const warnings = [
    ...(from === 'last-good' ? [`${path} is damaged or gone: this is the generation before it`] : []),
    ...(state === 'stale' ? [`this is ${lengthOf(ageMs)} old; metadata-cache refresh fetches it anew`] : []),
    ...(failure === undefined ? [] : [`it could not be refreshed: ${failure.message} [${failure.code}]`]),
  ];
  if (!settings.quiet.value && !settings.json.value) for (const text of warnings) warn(text);
  return {
    catalogue,
    source,
    path,
    generation,
    from,
    state,
    ageMs,
    warnings,
    refreshed: refreshed ?? null,
  };
}
