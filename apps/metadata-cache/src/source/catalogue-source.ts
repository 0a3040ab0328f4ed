/** Where a catalogue comes from. A new source is a file with this shape and a line in `source-of.ts`. */
import type { Catalogue, CatalogueEntry } from '../catalogue.ts';
import type { Downloads } from './downloads.ts';

export interface FetchRequest {
  /** What asks the network, with the limits of this refresh. */
  readonly downloads: Downloads;
  /** What is cached of the same source: what it says has not changed need not come again. */
  readonly present: Catalogue | undefined;
}

/** An entry as it arrived, validated. */
export type FetchedEntry = Pick<CatalogueEntry, 'name' | 'label' | 'count' | 'etag' | 'content'> & {
  /** Whether the source said so. */
  readonly isUnchanged: boolean;
};

export interface FetchedCatalogue {
  readonly etag: string | undefined;
  readonly entries: readonly FetchedEntry[];
}

export interface CatalogueSource {
  /** `foojay`, `json` */
  readonly name: string;
  /** URL or path. */
  readonly location: string;
  /** What one thing of an entry is called. */
  readonly unit: string;
  /**
   * @throws HoldfastError SOURCE_UNAVAILABLE, SOURCE_UNTRUSTED, SOURCE_INVALID, SOURCE_TOO_LARGE
   */
  fetchAll(request: FetchRequest): Promise<FetchedCatalogue>;
  /**
   * @throws HoldfastError as `fetchAll`
   * @throws HoldfastError DISTRIBUTION_UNKNOWN - the source has no entry of that name
   */
  fetchOne(name: string, request: FetchRequest): Promise<FetchedEntry>;
}
