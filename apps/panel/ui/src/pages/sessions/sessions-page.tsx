/** Who is connected, as it is right now: the server says when that changes. A customer sees the own sessions. */
import type { Session, SessionQuery } from '@holdfast/panel-client/schema';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { SelectField } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { VirtualTable } from '../../components/virtual-table.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { queryKeys } from '../../data/query-keys.ts';
import { type Filters, useFilters } from '../../data/use-filters.ts';
import { usePagedList } from '../../data/use-paged-list.ts';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { Page } from '../../shell/page.tsx';
import { EndSessionDialog } from './end-session-dialog.tsx';
import { useSessionColumns } from './session-columns.tsx';

type SessionFilters = Filters<'search' | 'gateway'>;

const pageSize = 200;

export function SessionsPage(): ReactNode {
  const { t } = useText();
  const client = useClient();
  const [ending, setEnding] = useState<Session>();
  const filters: SessionFilters = useFilters(['search', 'gateway']);
  const columns = useSessionColumns(setEnding);
  const query: Omit<SessionQuery, 'cursor' | 'limit'> = filters.given;
  const list = usePagedList({
    queryKey: queryKeys.sessions(query),
    read: (cursor, signal) =>
      client.sessions({ ...query, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }, { signal }),
  });
  return (
    <Page title={t('sessions.title')} intro={t('sessions.intro')}>
      <SessionFilterFields filters={filters} />
      <Loaded query={list}>
        {(items) =>
          items.length === 0 ? (
            <NoSessions filters={filters} />
          ) : (
            <VirtualTable
              name={t('sessions.title')}
              columns={columns}
              items={items}
              keyOf={({ id }) => id}
              total={list.total}
              hasMore={list.hasMore}
              onEnd={list.loadMore}
              isOld={list.isOld}
            />
          )
        }
      </Loaded>
      {ending !== undefined && <EndSessionDialog session={ending} onClose={() => setEnding(undefined)} />}
    </Page>
  );
}

function SessionFilterFields({ filters }: { readonly filters: SessionFilters }): ReactNode {
  const { t } = useText();
  const isAdmin = useMe().role === 'admin';
  return (
    <search className="filters">
      <SearchField
        label={t('field.search')}
        placeholder={t('sessions.searchHint')}
        value={filters.values.search}
        onSearch={(value) => filters.set('search', value)}
      />
      {isAdmin && <GatewayFilter filters={filters} />}
    </search>
  );
}

function GatewayFilter({ filters }: { readonly filters: SessionFilters }): ReactNode {
  const { t } = useText();
  const client = useClient();
  const { data } = useQuery({
    queryKey: queryKeys.gateways(),
    queryFn: ({ signal }) => client.gateways({ signal }),
  });
  const chosen = filters.values.gateway;
  const names = new Set([...(data?.items ?? []).map(({ name }) => name), ...(chosen === '' ? [] : [chosen])]);
  return (
    <SelectField
      label={t('sessions.gateway')}
      options={[
        { value: '', text: t('field.any') },
        ...[...names].map((name) => ({ value: name, text: name })),
      ]}
      value={chosen}
      onChange={({ target }) => filters.set('gateway', target.value)}
    />
  );
}

function NoSessions({ filters }: { readonly filters: SessionFilters }): ReactNode {
  const { t } = useText();
  return (
    <section className="card">
      {filters.isSet ? (
        <EmptyState
          title={t('sessions.noMatch')}
          actions={<Button onClick={filters.clear}>{t('action.clear')}</Button>}
        />
      ) : (
        <EmptyState title={t('sessions.none')} />
      )}
    </section>
  );
}
