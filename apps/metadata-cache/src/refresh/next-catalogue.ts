/** The catalogue that follows, out of what was fetched and what is there. Pure. */
import type { Catalogue, CatalogueEntry } from '../catalogue.ts';
import type { FetchedCatalogue, FetchedEntry } from '../source/catalogue-source.ts';

export interface NextFacts {
  readonly source: Catalogue['source'];
  readonly present: Catalogue | undefined;
  /** UTC, as text. */
  readonly checkedAt: string;
  /** A fresh random name. */
  readonly publication: string;
}

export function wholeCatalogue(fetched: FetchedCatalogue, facts: NextFacts): Catalogue {
  const revision = revisionAfter(facts.present);
  const { source, checkedAt, publication } = facts;
  return {
    source,
    checkedAt,
    revision,
    wholeRevision: revision,
    publication,
    ...(fetched.etag === undefined ? {} : { etag: fetched.etag }),
    entries: fetched.entries.map((entry) => stamped(entry, checkedAt, revision)),
  };
}

/** The others stay as they are, and so does the time at which all was asked for. */
export function mergedCatalogue(fetched: FetchedEntry, present: Catalogue, facts: NextFacts): Catalogue {
  const revision = revisionAfter(present);
  const entry = stamped(fetched, facts.checkedAt, revision);
  const isKnown = present.entries.some(({ name }) => name === entry.name);
  const entries = isKnown
    ? present.entries.map((each) => (each.name === entry.name ? entry : each))
    : [...present.entries, entry];
  return { ...present, revision, publication: facts.publication, entries };
}

/** Of the publication that whoever asks now waits for: the first one after what was there. */
export function revisionAfter(present: Catalogue | undefined): number {
  return (present?.revision ?? 0) + 1;
}

function stamped(fetched: FetchedEntry, checkedAt: string, revision: number): CatalogueEntry {
  const { name, label, count, etag, content } = fetched;
  return {
    name,
    ...(label === undefined ? {} : { label }),
    count,
    ...(etag === undefined ? {} : { etag }),
    checkedAt,
    revision,
    content,
  };
}
