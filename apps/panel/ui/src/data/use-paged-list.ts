/** A list that comes in pages: what is there of it, and more when it is wanted. Other filters keep the old rows until theirs are there. */
import { keepPreviousData, type QueryKey, useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';

export interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
  /** Absent where nobody counts. */
  readonly total?: number;
}

export interface PagedList<Item> {
  /** Undefined while nothing is known. */
  readonly data: readonly Item[] | undefined;
  readonly total: number | undefined;
  readonly error: unknown;
  readonly isError: boolean;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  /** What is shown belongs to the filters of before. */
  readonly isOld: boolean;
  refetch(): Promise<unknown>;
  loadMore(): void;
}

export interface PagedListOptions<Item> {
  readonly queryKey: QueryKey;
  readonly read: (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<Item>>;
}

export function usePagedList<Item>({ queryKey, read }: PagedListOptions<Item>): PagedList<Item> {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage, isFetching } = query;
  // While it is read again nothing is asked for; what was wanted meanwhile is not forgotten.
  const [isWanted, setWanted] = useState(false);
  useEffect(() => {
    if (!isWanted || isFetching) return;
    setWanted(false);
    if (hasNextPage) void fetchNextPage();
  }, [isWanted, isFetching, hasNextPage, fetchNextPage]);
  const items = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  return {
    data: items,
    total: data?.pages.at(-1)?.total,
    error: query.error,
    isError: query.isError,
    hasMore: hasNextPage,
    isLoadingMore: isFetchingNextPage,
    isOld: query.isPlaceholderData,
    refetch: query.refetch,
    loadMore: () => setWanted(true),
  };
}
