/** The list of connections: all of them for an admin, their own for a customer. What is pending in this tab is shown over it. */
import type { ConnectionItem } from '@holdfast/panel-client/schema';
import { type ReactNode, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { queryKeys } from '../../data/query-keys.ts';
import { type PagedList, usePagedList } from '../../data/use-paged-list.ts';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { Page } from '../../shell/page.tsx';
import { type ConnectionFilter, filterOf } from './connection-filter.ts';
import { ConnectionFilters } from './connection-filters.tsx';
import './connections.css';
import { ProvisionDialog } from './provision-dialog.tsx';
import { useConnectionColumns } from './use-connection-columns.tsx';

const pageSize = 200;

export function ConnectionsPage(): ReactNode {
  const { t } = useText();
  const { role } = useMe();
  const [address] = useSearchParams();
  const [isProvisioning, setProvisioning] = useState(false);
  const filter = filterOf(address);
  const list = useConnections(filter);
  return (
    <Page
      title={t('connections.title')}
      actions={
        role === 'admin' && (
          <Button kind="primary" onClick={() => setProvisioning(true)}>
            {t('connections.new')}
          </Button>
        )
      }
    >
      <ConnectionFilters filter={filter} />
      <Loaded query={list}>{(items) => <List {...{ items, list, filter }} />}</Loaded>
      {isProvisioning && <ProvisionDialog onClose={() => setProvisioning(false)} />}
    </Page>
  );
}

function useConnections(filter: ConnectionFilter): PagedList<ConnectionItem> {
  const client = useClient();
  return usePagedList({
    queryKey: queryKeys.connections(filter),
    read: (cursor, signal) =>
      client.connections({ ...filter, limit: pageSize, ...(cursor !== undefined && { cursor }) }, { signal }),
  });
}

interface ListProps {
  readonly items: readonly ConnectionItem[];
  readonly list: PagedList<ConnectionItem>;
  readonly filter: ConnectionFilter;
}

function List({ items, list, filter }: ListProps): ReactNode {
  const { t } = useText();
  const columns = useConnectionColumns(filter);
  if (items.length === 0) return <Nothing filter={filter} />;
  return (
    <VirtualTable
      name={t('connections.title')}
      columns={columns}
      items={items}
      keyOf={({ id }) => id}
      total={list.total}
      hasMore={list.hasMore}
      onEnd={list.loadMore}
      isOld={list.isOld}
    />
  );
}

function Nothing({ filter: { sort: _sort, ...filter } }: { readonly filter: ConnectionFilter }): ReactNode {
  const { t } = useText();
  const { role } = useMe();
  if (Object.keys(filter).length > 0) {
    return (
      <EmptyState
        title={t('connections.noMatch')}
        actions={
          <Link className="button" href="/connections">
            {t('action.clear')}
          </Link>
        }
      />
    );
  }
  return (
    <EmptyState
      title={t('connections.none')}
      {...(role === 'customer' && {
        actions: (
          <Link className="button" href="/claim">
            {t('nav.claim')}
          </Link>
        ),
      })}
    >
      <p>{t(role === 'admin' ? 'connections.noneAdmin' : 'connections.noneCustomer')}</p>
    </EmptyState>
  );
}
