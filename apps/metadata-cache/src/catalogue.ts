/**
 * What is cached: the entries of one source, each as it was validated when it arrived. For the JDK catalogue an entry is a
 * distribution with its packages, for any other JSON document one of its top-level keys.
 *
 * The schema here is for readers: it looks at the frame only. The entries were validated in full before they were published,
 * and the checksum of the document proves that they are still those bytes.
 */
import { z } from 'zod';

const entrySchema = z.object({
  name: z.string(),
  /** The name that people use, where it differs. */
  label: z.string().optional(),
  /** How many things it has. */
  count: z.int(),
  /** Of the answer it came in, for the next request. */
  etag: z.string().optional(),
  checkedAt: z.string(),
  /** Of the publication that fetched it. */
  revision: z.int(),
  content: z.unknown(),
});

export const catalogueSchema = z.object({
  source: z.object({ name: z.string(), location: z.string() }),
  /** When the source was last asked for all of it, UTC. */
  checkedAt: z.string(),
  /** Counts the publications, from 1; what a refresh that waited compares with. */
  revision: z.int(),
  /** Of the last publication that fetched everything. */
  wholeRevision: z.int(),
  /** A random name of this publication, by which it is recognised when it is read back. */
  publication: z.string(),
  /** Of the list of entries. */
  etag: z.string().optional(),
  entries: z.array(entrySchema),
});

export type Catalogue = Readonly<z.infer<typeof catalogueSchema>>;
export type CatalogueEntry = Readonly<Catalogue['entries'][number]>;

/** In milliseconds; of a clock that was set back, 0. */
export function ageOf({ checkedAt }: Pick<Catalogue, 'checkedAt'>, wallMs: number): number {
  return Math.max(0, wallMs - Date.parse(checkedAt));
}

export function countOf({ entries }: Pick<Catalogue, 'entries'>): number {
  return entries.reduce((sum, { count }) => sum + count, 0);
}
