/** The columns of the list of sessions. */
import type { Session } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/button.tsx';
import { FullText } from '../../components/full-text.tsx';
import { Status, type StatusKind } from '../../components/status.tsx';
import { Time } from '../../components/time.tsx';
import type { Column } from '../../components/virtual-table.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { SessionName } from './session-name.tsx';

const kinds: Readonly<Record<Session['state'], StatusKind>> = {
  pending: 'info',
  live: 'good',
  expired: 'off',
};

export function useSessionColumns(onEnd: (session: Session) => void): readonly Column<Session>[] {
  const { t } = useText();
  const isAdmin = useMe().role === 'admin';
  const columns: readonly (Column<Session> & { readonly isForAdmins?: boolean })[] = [
    {
      key: 'connection',
      header: t('sessions.column.connection'),
      width: 'minmax(6rem, 2fr)',
      isMain: true,
      cell: (session) => (
        <Link href={`/connections/${session.connectionId}`}>
          <SessionName session={session} />
        </Link>
      ),
    },
    {
      key: 'user',
      header: t('sessions.column.user'),
      width: 'minmax(4rem, 1.2fr)',
      cell: ({ userName }) => <FullText>{userName ?? t('value.none')}</FullText>,
    },
    {
      key: 'address',
      header: t('sessions.column.address'),
      width: 'minmax(6rem, 1.4fr)',
      cell: (session) => <Addresses session={session} />,
    },
    {
      key: 'gateway',
      header: t('sessions.column.gateway'),
      width: 'minmax(4.5rem, 0.6fr)',
      isForAdmins: true,
      cell: ({ gateway }) => (gateway === null ? t('value.none') : <FullText>{gateway}</FullText>),
    },
    {
      key: 'state',
      header: t('sessions.column.state'),
      width: '6.75rem',
      cell: ({ state }) => <Status kind={kinds[state]}>{t(`session.state.${state}`)}</Status>,
    },
    {
      key: 'since',
      header: t('sessions.column.since'),
      width: 'minmax(5.5rem, 1fr)',
      cell: ({ since }) => <Time at={since} />,
    },
    {
      key: 'actions',
      header: t('sessions.column.actions'),
      width: '10.75rem',
      isWide: true,
      cell: (session) => <EndButton session={session} onEnd={onEnd} />,
    },
  ];
  return columns.filter(({ isForAdmins }) => isForAdmins !== true || isAdmin);
}

function Addresses({ session: { framedIp, framedIpv6 } }: { readonly session: Session }): ReactNode {
  const { t } = useText();
  const known = [framedIp, framedIpv6].filter((address) => address !== null);
  if (known.length === 0) return t('value.none');
  return (
    <span className="code">
      {known.map((address) => (
        <FullText key={address}>{address}</FullText>
      ))}
    </span>
  );
}

interface EndButtonProps {
  readonly session: Session;
  readonly onEnd: (session: Session) => void;
}

function EndButton({ session, onEnd }: EndButtonProps): ReactNode {
  const { t } = useText();
  const name = session.label ?? t('sessions.unnamed', { id: session.connectionId });
  return (
    <Button size="small" aria-label={t('session.endOf', { name })} onClick={() => onEnd(session)}>
      {t('session.end')}
    </Button>
  );
}
