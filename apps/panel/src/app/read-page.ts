/** A page of a list through the cache. How many there are in all is kept apart, because it is the same for every page. */
import type { TagCache } from '@holdfast/mutations';

interface PageQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly sort?: string;
}

export interface PageRead<Item> {
  readonly name: string;
  /** As whom. */
  readonly view: string;
  readonly tags: readonly string[];
  readonly query: PageQuery & { readonly [filter: string]: unknown };
  readonly page: () => Promise<{ readonly items: readonly Item[]; readonly next: string | null }>;
  readonly total: () => Promise<number>;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly total: number;
}

export async function readPage<Item>(
  cache: TagCache,
  { name, view, tags, query, page, total }: PageRead<Item>,
): Promise<Page<Item>> {
  const { cursor: _cursor, limit: _limit, sort: _sort, ...filter } = query;
  const read = { view, tags };
  const found = await cache.read({ ...read, key: `${name} ${JSON.stringify(query)}`, fill: page });
  const count = { ...read, key: `${name} total ${JSON.stringify(filter)}`, fill: total };
  return { ...found, total: await cache.read(count) };
}
