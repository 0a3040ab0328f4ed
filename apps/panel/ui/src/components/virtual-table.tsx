/**
 * A table of any length of which only the rows exist that can be seen: the page scrolls, not a box in it, so that zoom, keyboard
 * and touch do what they do everywhere. Roles and row numbers tell a screen reader of the whole. Where there is no room for the
 * columns, each row is a card with their names in it.
 */
import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type CSSProperties,
  type FocusEvent,
  type ReactNode,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { useText } from '../i18n/text-context.tsx';
import { Icon } from './icon.tsx';

export interface Column<Item> {
  readonly key: string;
  readonly header: string;
  /** Of the grid: `minmax(0, 2fr)`, `8rem`. */
  readonly width: string;
  readonly cell: (item: Item) => ReactNode;
  /** What the row is called by. */
  readonly isMain?: boolean;
  /** Over the whole width of a card. */
  readonly isWide?: boolean;
  /** Makes its header a button. */
  readonly sort?: {
    readonly direction: 'ascending' | 'descending' | 'none';
    readonly onToggle: () => void;
  };
}

export interface VirtualTableProps<Item> {
  readonly name: string;
  readonly columns: readonly Column<Item>[];
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  /** Under the cells of a row, over its whole width; nothing for most rows. */
  readonly detailOf?: (item: Item) => ReactNode;
  /** All rows, the ones that are not loaded among them. */
  readonly total?: number | undefined;
  readonly hasMore?: boolean;
  readonly onEnd?: () => void;
  /** What is shown is about to be replaced. */
  readonly isOld?: boolean;
}

const usualRowPx = 47;
const overscan = 12;
/** What a table needs to be one: so much for each column, and never less than this. */
const columnRem = 7.5;
const leastRem = 44;

export function VirtualTable<Item>(props: VirtualTableProps<Item>): ReactNode {
  const { name, columns, items, keyOf, detailOf, total, hasMore = false, isOld = false } = props;
  const { body, virtualizer, hasNoRoom, focus } = useRows(props);
  const template = { '--columns': columns.map(({ width }) => width).join(' ') } as CSSProperties;
  return (
    <div
      className="long-list"
      role="table"
      aria-label={name}
      aria-rowcount={total === undefined && hasMore ? -1 : Math.max(total ?? 0, items.length) + 1}
      aria-busy={isOld}
      data-cards={hasNoRoom || undefined}
      style={template}
    >
      <Head columns={columns} />
      <div
        ref={body}
        className="body"
        role="rowgroup"
        style={{ height: virtualizer.getTotalSize() }}
        {...focus}
      >
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const item = items[index];
          return (
            item !== undefined && (
              <div
                key={keyOf(item)}
                ref={virtualizer.measureElement}
                data-index={index}
                data-last={index === items.length - 1 || undefined}
                className="line"
                role="row"
                aria-rowindex={index + 2}
                style={{ transform: `translateY(${start - virtualizer.options.scrollMargin}px)` }}
              >
                <Cells columns={columns} item={item} />
                <Detail span={columns.length}>{detailOf?.(item)}</Detail>
              </div>
            )
          );
        })}
      </div>
      <End shown={items.length} {...props} />
    </div>
  );
}

function useRows<Item>({ columns, items, keyOf, hasMore = false, onEnd }: VirtualTableProps<Item>) {
  const body = useRef<HTMLDivElement>(null);
  const [{ scrollMargin, widthRem }, setPlace] = useState({
    scrollMargin: 0,
    widthRem: Number.POSITIVE_INFINITY,
  });
  useLayoutEffect(() => {
    const measure = () => {
      if (body.current === null) return;
      const { top, width } = body.current.getBoundingClientRect();
      const remPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const next = { scrollMargin: Math.round(top + window.scrollY), widthRem: width / remPx };
      setPlace((before) =>
        before.scrollMargin === next.scrollMargin && before.widthRem === next.widthRem ? before : next,
      );
    };
    // Whatever stands above may grow: a banner, a second line of filters.
    const watcher = new ResizeObserver(measure);
    watcher.observe(document.body);
    measure();
    return () => watcher.disconnect();
  }, []);
  const { focused, focus } = useFocusedRow();
  const virtualizer = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => usualRowPx,
    overscan,
    scrollMargin,
    rangeExtractor: (range) =>
      [...new Set([...defaultRangeExtractor(range), ...(focused < range.count ? [focused] : [])])].toSorted(
        (one, other) => one - other,
      ),
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  const lastSeen = virtualizer.range?.endIndex ?? -1;
  const isAtEnd = hasMore && lastSeen >= items.length - 1 - overscan;
  const askForMore = useEffectEvent(() => onEnd?.());
  // biome-ignore lint/correctness/useExhaustiveDependencies: a page may be too short to leave the end
  useEffect(() => {
    if (isAtEnd) askForMore();
  }, [isAtEnd, items.length]);
  const neededRem = Math.max(leastRem, columns.length * columnRem);
  return { body, virtualizer, hasNoRoom: widthRem < neededRem, focus };
}

/** The row with the focus stays, however far somebody scrolls: a keyboard goes on where it was. */
function useFocusedRow() {
  const [focused, setFocused] = useState(Number.POSITIVE_INFINITY);
  const focus = {
    onFocus: ({ target }: FocusEvent<HTMLElement>) =>
      setFocused(Number(target.closest<HTMLElement>('[data-index]')?.dataset.index)),
    onBlur: () => setFocused(Number.POSITIVE_INFINITY),
  };
  return { focused, focus };
}

function Head<Item>({ columns }: { readonly columns: readonly Column<Item>[] }): ReactNode {
  return (
    <div role="rowgroup">
      <div className="head" role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <HeadCell key={column.key} column={column} />
        ))}
      </div>
    </div>
  );
}

function HeadCell<Item>({ column: { header, sort } }: { readonly column: Column<Item> }): ReactNode {
  return (
    <span role="columnheader" {...(sort === undefined ? {} : { 'aria-sort': sort.direction })}>
      {sort === undefined ? (
        header
      ) : (
        <button type="button" onClick={sort.onToggle}>
          {header}
          {sort.direction !== 'none' && <Icon name={sort.direction === 'ascending' ? 'up' : 'down'} />}
        </button>
      )}
    </span>
  );
}

function Cells<Item>({
  columns,
  item,
}: {
  readonly columns: readonly Column<Item>[];
  readonly item: Item;
}): ReactNode {
  return columns.map(({ key, header, cell, isMain, isWide }) => (
    <div key={key} role="cell" data-main={isMain} data-wide={isWide}>
      {isMain !== true && isWide !== true && (
        <span className="word" aria-hidden="true">
          {header}
        </span>
      )}
      {cell(item)}
    </div>
  ));
}

function Detail({ span, children }: { readonly span: number; readonly children: ReactNode }): ReactNode {
  if (children === undefined || children === null) return null;
  return (
    <div role="cell" className="detail" data-wide aria-colspan={span}>
      {children}
    </div>
  );
}

function End<Item>({
  shown,
  total,
  hasMore = false,
}: VirtualTableProps<Item> & { readonly shown: number }): ReactNode {
  const { t } = useText();
  if (total === undefined && !hasMore) return null;
  return (
    <div className="end">
      {total === undefined ? t('state.loading') : t('list.shown', { shown, total: Math.max(total, shown) })}
    </div>
  );
}
