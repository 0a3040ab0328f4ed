/** The log of all changes: what, when, by whom, and what was there before. */
import type { AuditEntry, AuditQuery } from '@holdfast/panel-client/schema';
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { queryKeys } from '../../data/query-keys.ts';
import { useFilters } from '../../data/use-filters.ts';
import { usePagedList } from '../../data/use-paged-list.ts';
import { useText } from '../../i18n/text-context.tsx';
import { Page } from '../../shell/page.tsx';
import './audit.css';
import { keyOfEntry, useAuditColumns } from './audit-columns.tsx';
import { AuditFilterFields, type AuditFilters, auditFilters } from './audit-filters.tsx';
import { PreviousValues } from './previous-values.tsx';

const pageSize = 100;

export function AuditPage(): ReactNode {
  const { t } = useText();
  const client = useClient();
  const filters: AuditFilters = useFilters(auditFilters);
  const query: Omit<AuditQuery, 'cursor' | 'limit'> = filters.given;
  const list = usePagedList({
    queryKey: queryKeys.audit(query),
    read: (cursor, signal) =>
      client.audit({ ...query, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }, { signal }),
  });
  return (
    <Page title={t('audit.title')} intro={t('audit.intro')}>
      <AuditFilterFields filters={filters} />
      <Loaded query={list}>
        {(items) =>
          items.length === 0 ? <NoEntries filters={filters} /> : <AuditTable items={items} list={list} />
        }
      </Loaded>
    </Page>
  );
}

interface AuditTableProps {
  readonly items: readonly AuditEntry[];
  readonly list: ReturnType<typeof usePagedList<AuditEntry>>;
}

function AuditTable({ items, list }: AuditTableProps): ReactNode {
  const { t } = useText();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const toggle = (entry: AuditEntry) =>
    setOpened((before) => before.symmetricDifference(new Set([keyOfEntry(entry)])));
  const columns = useAuditColumns(opened, toggle);
  return (
    <VirtualTable
      name={t('audit.title')}
      columns={columns}
      items={items}
      keyOf={keyOfEntry}
      detailOf={(entry) => (opened.has(keyOfEntry(entry)) ? <PreviousValues entry={entry} /> : undefined)}
      hasMore={list.hasMore}
      onEnd={list.loadMore}
      isOld={list.isOld}
    />
  );
}

function NoEntries({ filters }: { readonly filters: AuditFilters }): ReactNode {
  const { t } = useText();
  return (
    <section className="card">
      {filters.isSet ? (
        <EmptyState
          title={t('audit.noMatch')}
          actions={<Button onClick={filters.clear}>{t('action.clear')}</Button>}
        />
      ) : (
        <EmptyState title={t('audit.none')} />
      )}
    </section>
  );
}
