/** All customers, and a new one. */
import type { CustomerItem, CustomerQuery } from '@holdfast/panel-client/schema';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { SelectField } from '../../components/field.tsx';
import { FullText } from '../../components/full-text.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Time } from '../../components/time.tsx';
import { type Column, VirtualTable } from '../../components/virtual-table.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { queryKeys } from '../../data/query-keys.ts';
import { type Filters, useFilters } from '../../data/use-filters.ts';
import { usePagedList } from '../../data/use-paged-list.ts';
import { useText } from '../../i18n/text-context.tsx';
import { Page } from '../../shell/page.tsx';
import { CustomerStatus, customerStatuses } from './customer-status.tsx';
import { RegisterDialog } from './register-dialog.tsx';

type CustomerFilters = Filters<'search' | 'status' | 'sort'>;

const pageSize = 200;

export function CustomersPage(): ReactNode {
  const { t } = useText();
  const client = useClient();
  const [isRegistering, setRegistering] = useState(false);
  const filters: CustomerFilters = useFilters(['search', 'status', 'sort']);
  // An address that somebody has changed by hand is the server's to refuse.
  const query = filters.given as Omit<CustomerQuery, 'cursor' | 'limit'>;
  const list = usePagedList({
    queryKey: queryKeys.customers(query),
    read: (cursor, signal) =>
      client.customers(
        { ...query, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) },
        { signal },
      ),
  });
  return (
    <Page
      title={t('customers.title')}
      actions={
        <Button kind="primary" onClick={() => setRegistering(true)}>
          {t('customers.new')}
        </Button>
      }
    >
      <CustomerFilterFields filters={filters} />
      <Loaded query={list}>
        {(items) =>
          items.length === 0 ? (
            <NoCustomers filters={filters} />
          ) : (
            <CustomerTable items={items} list={list} filters={filters} />
          )
        }
      </Loaded>
      {isRegistering && <RegisterDialog onClose={() => setRegistering(false)} />}
    </Page>
  );
}

function CustomerFilterFields({ filters }: { readonly filters: CustomerFilters }): ReactNode {
  const { t } = useText();
  const statuses = customerStatuses.map((value) => ({ value, text: t(`customer.status.${value}`) }));
  return (
    <search className="filters">
      <SearchField
        label={t('field.search')}
        placeholder={t('customers.searchHint')}
        value={filters.values.search}
        onSearch={(value) => filters.set('search', value)}
      />
      <SelectField
        label={t('field.status')}
        options={[{ value: '', text: t('field.all') }, ...statuses]}
        value={filters.values.status}
        onChange={({ target }) => filters.set('status', target.value)}
      />
    </search>
  );
}

function NoCustomers({ filters }: { readonly filters: CustomerFilters }): ReactNode {
  const { t } = useText();
  const isFiltered = filters.values.search !== '' || filters.values.status !== '';
  return (
    <section className="card">
      {isFiltered ? (
        <EmptyState
          title={t('customers.noMatch')}
          actions={<Button onClick={filters.clear}>{t('action.clear')}</Button>}
        />
      ) : (
        <EmptyState title={t('customers.none')}>
          <p>{t('customers.noneHint')}</p>
        </EmptyState>
      )}
    </section>
  );
}

interface CustomerTableProps {
  readonly items: readonly CustomerItem[];
  readonly list: ReturnType<typeof usePagedList<CustomerItem>>;
  readonly filters: CustomerFilters;
}

function CustomerTable({ items, list, filters }: CustomerTableProps): ReactNode {
  const { t } = useText();
  return (
    <VirtualTable
      name={t('customers.title')}
      columns={useColumns(filters)}
      items={items}
      keyOf={({ id }) => id}
      total={list.total}
      hasMore={list.hasMore}
      onEnd={list.loadMore}
      isOld={list.isOld}
    />
  );
}

function useColumns({ values, set }: CustomerFilters): readonly Column<CustomerItem>[] {
  const { t, formatNumber } = useText();
  const direction = { email: 'ascending', '-email': 'descending' }[values.sort] ?? 'none';
  return [
    {
      key: 'email',
      header: t('customers.column.email'),
      width: 'minmax(12rem, 3fr)',
      isMain: true,
      sort: {
        direction: direction as 'ascending' | 'descending' | 'none',
        onToggle: () => set('sort', values.sort === 'email' ? '-email' : 'email'),
      },
      cell: ({ id, value }) => (
        <Link href={`/customers/${id}`}>
          <FullText>{value.email}</FullText>
        </Link>
      ),
    },
    {
      key: 'status',
      header: t('customers.column.status'),
      width: 'minmax(8rem, 1fr)',
      cell: ({ value }) => <CustomerStatus status={value.status} />,
    },
    {
      key: 'connections',
      header: t('customers.column.connections'),
      width: '7rem',
      cell: ({ connections }) => formatNumber(connections),
    },
    {
      key: 'created',
      header: t('customers.column.created'),
      width: 'minmax(8rem, 1fr)',
      cell: ({ value }) => <Time at={value.created_at} />,
    },
  ];
}
