/** The columns of the list. */
import type { ConnectionItem } from '@holdfast/panel-client/schema';
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import type { Column } from '../../components/virtual-table.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { CustomerCell, NameCell, OnlineCell, RatesCell, StatesCell } from './connection-cells.tsx';
import { type ConnectionFilter, changedAddress } from './connection-filter.ts';
import { RestrictToggle } from './restrict-toggle.tsx';

type ColumnOf = Column<ConnectionItem>;

export function useConnectionColumns({ sort = 'id' }: ConnectionFilter): readonly ColumnOf[] {
  const { t } = useText();
  const isAdmin = useMe().role === 'admin';
  const [, setAddress] = useSearchParams();
  return useMemo(() => {
    const sorted = (by: 'id' | 'label'): NonNullable<ColumnOf['sort']> => ({
      direction: sort === by ? 'ascending' : sort === `-${by}` ? 'descending' : 'none',
      onToggle: () =>
        setAddress((before) => changedAddress(before, { sort: sort === by ? `-${by}` : by }), {
          replace: true,
        }),
    });
    const columns: readonly (ColumnOf & { readonly isForAdmins?: boolean })[] = [
      {
        key: 'number',
        header: t('connection.number'),
        width: '4rem',
        sort: sorted('id'),
        cell: ({ id }) => id,
      },
      {
        key: 'label',
        header: t('connection.label'),
        width: 'minmax(0, 2.6fr)',
        isMain: true,
        sort: sorted('label'),
        cell: (item) => <NameCell item={item} />,
      },
      {
        key: 'status',
        header: t('connection.status'),
        width: 'minmax(0, 2fr)',
        cell: (item) => <StatesCell item={item} />,
      },
      {
        key: 'online',
        header: t('connections.online'),
        width: '6rem',
        cell: (item) => <OnlineCell item={item} />,
      },
      {
        key: 'rates',
        header: t('connections.rates'),
        width: '9.5rem',
        cell: (item) => <RatesCell item={item} />,
      },
      {
        key: 'customer',
        header: t('connection.customer'),
        width: 'minmax(0, 1.6fr)',
        isForAdmins: true,
        cell: (item) => <CustomerCell item={item} />,
      },
      {
        key: 'actions',
        header: t('connection.actions'),
        width: '7rem',
        isForAdmins: true,
        isWide: true,
        cell: (item) => <RestrictToggle item={item} />,
      },
    ];
    return columns.filter(({ isForAdmins = false }) => isAdmin || !isForAdmins);
  }, [t, isAdmin, sort, setAddress]);
}
