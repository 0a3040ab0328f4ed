/**
 * The stages of the sentence for a catalogue: truth is what the source says, the actual state is the document, the one
 * effect is its publication.
 *
 * The ticket of a refresh is the revision that the first publication after it will have. A refresh that has waited while
 * somebody published what it wanted is covered, and downloads nothing. There is no intent to record: a publication is
 * one rename, so a run that died has published or has not.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, type Held, HoldfastError } from '@holdfast/base';
import type { RunResult, Stages, TruthReading } from '@holdfast/cycle';
import type { CacheLook } from '../cache-document.ts';
import { type Catalogue, countOf } from '../catalogue.ts';
import type { Cache } from '../open-cache.ts';
import { refusalOf } from '../refusal-of.ts';
import type { CatalogueSource, FetchedEntry, FetchRequest } from '../source/catalogue-source.ts';
import type { Downloads } from '../source/downloads.ts';
import { type Allowance, stateOf } from '../steward/cache-facts.ts';
import { type CacheAction, decideCache } from '../steward/cache-policy.ts';
import type { CacheReason } from '../steward/cache-reason.ts';
import { mergedCatalogue, revisionAfter, wholeCatalogue } from './next-catalogue.ts';

export interface RefreshStagesOptions {
  readonly cache: Cache;
  readonly source: CatalogueSource;
  readonly reason: CacheReason;
  readonly allowance: Allowance;
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The one set of limits of this refresh, begun when the lock is held. */
  readonly beginDownloads: (held: Held) => Downloads;
  readonly onLocked: (held: Held) => void;
  /** Temporary files of dead writers that were removed. */
  readonly onSwept: (names: readonly string[]) => void;
  readonly onFetched: (facts: FetchedFacts) => void;
  readonly onEnd: (result: RunResult<Catalogue, CacheChange>) => void;
}

export interface FetchedFacts {
  readonly action: CacheAction;
  /** Entries of which the source said that they have not changed. */
  readonly unchanged: number;
}

/** Undefined: the document is the one that was meant. */
export type CacheChange = { readonly publication: string; readonly found: string } | undefined;
/** A difference as `VERIFY_FAILED` lists it. */
interface CacheDrift {
  readonly layer: 'cache';
  readonly object: string;
  readonly expected: string;
  readonly actual: string;
}

export type RefreshStages = Stages<CacheReason, CacheAction, Catalogue, CacheLook, CacheChange, CacheDrift>;

export function refreshStages(options: RefreshStagesOptions): RefreshStages {
  const { cache, reason, clock } = options;
  const { document, runner } = cache;
  let asked: CacheLook = { state: 'absent' };
  return {
    trigger: async () => {
      asked = await document.look();
      return revisionAfter(presentIn(asked));
    },
    decide: () => {
      const { allowance, maxAgeMs, source } = options;
      const state = stateOf(asked, { wallMs: clock.wallMs(), maxAgeMs });
      const verdict = decideCache(reason, { state, allowance });
      if (verdict.kind === 'refuse') throw refusalOf(asked, source.name, verdict.because);
      return verdict;
    },
    lock: ({ scope, waitMs, priority }, work) => {
      const purpose = `metadata-cache refresh ${options.source.name}`;
      return runner.run(scope, { waitMs, priority, purpose, signal: options.signal }, async (held) => {
        options.onLocked(held);
        await held.fence(); // from here on a holder that was overtaken cannot publish
        options.onSwept((await document.sweepOrphans(held)).removed);
        return await work(held);
      });
    },
    isCovered: async (ticket) => isCovered(await document.look(), ticket, options),
    readTruth: (held) => readSource(options, held),
    readActual: () => document.look(),
    diff: (desired, actual) => {
      const found = publicationOf(actual);
      return found === desired.publication ? undefined : { publication: desired.publication, found };
    },
    isEmpty: (change) => change === undefined,
    drift: (change) =>
      change === undefined
        ? []
        : [{ layer: 'cache', object: document.path, expected: change.publication, actual: change.found }],
    guard: (_change, _actual, desired) => refuseEmpty(desired),
    intent: { isOpen: async () => false, open: async () => undefined, close: async () => undefined },
    write: (_change, held, desired) => document.publish(held, desired),
    report: async (_held, result) => options.onEnd(result),
  };
}

/** What the last publication has is what a whole refresh fetched, or a merge of just this distribution; of this very source. */
function isCovered(look: CacheLook, ticket: number, wanted: RefreshStagesOptions): boolean {
  if (look.state !== 'whole' || look.from !== 'current') return false;
  const { source, wholeRevision, entries } = look.catalogue;
  if (source.location !== wanted.source.location) return false;
  const { subject } = wanted.reason;
  if (subject === undefined) return wholeRevision >= ticket;
  return entries.some(
    ({ name, label, revision }) => (name === subject || label === subject) && revision >= ticket,
  );
}

/** Decided again with what is there now: what was to be merged into may have been damaged or removed meanwhile. */
async function readSource(options: RefreshStagesOptions, held: Held): Promise<TruthReading<Catalogue>> {
  const { cache, source, reason, clock } = options;
  const present = presentIn(await cache.document.look());
  using downloads = options.beginDownloads(held);
  // What was fetched from elsewhere says nothing about this source.
  const isSame = present?.source.location === source.location;
  const request: FetchRequest = { downloads, present: isSame ? present : undefined };
  const facts = {
    source: { name: source.name, location: source.location },
    present,
    checkedAt: new Date(clock.wallMs()).toISOString(),
    publication: randomUUID(),
  };
  if (reason.subject !== undefined && isSame && present !== undefined) {
    const entry = await source.fetchOne(reason.subject, request);
    options.onFetched({ action: 'merge', unchanged: unchangedOf([entry]) });
    const desired = mergedCatalogue(entry, present, facts);
    return { desired, covers: desired.revision };
  }
  const fetched = await source.fetchAll(request);
  if (reason.subject !== undefined) requireEntry(fetched.entries, reason.subject);
  options.onFetched({ action: 'refresh', unchanged: unchangedOf(fetched.entries) });
  const desired = wholeCatalogue(fetched, facts);
  return { desired, covers: desired.revision };
}

function requireEntry(entries: readonly FetchedEntry[], subject: string): void {
  if (entries.some(({ name, label }) => name === subject || label === subject)) return;
  throw new HoldfastError('DISTRIBUTION_UNKNOWN', `there is no distribution ${JSON.stringify(subject)}`, {
    details: { name: subject },
  });
}

function unchangedOf(entries: readonly FetchedEntry[]): number {
  return entries.filter(({ isUnchanged }) => isUnchanged).length;
}

function presentIn(look: CacheLook): Catalogue | undefined {
  return look.state === 'whole' ? look.catalogue : undefined;
}

function publicationOf(look: CacheLook): string {
  if (look.state !== 'whole') return look.state;
  return look.from === 'current' ? look.catalogue.publication : look.from;
}

/** Nobody has meant a catalogue of nothing; an outage looks like that. */
function refuseEmpty(desired: Catalogue): void {
  if (countOf(desired) > 0) return;
  const { name, location } = desired.source;
  throw new HoldfastError(
    'SOURCE_INVALID',
    `${location} has nothing in any of its ${desired.entries.length} entries`,
    {
      details: { source: name },
    },
  );
}
