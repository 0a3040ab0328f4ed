/** Who works on the gateway, and who waits to. */
import type { GatewayLock } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { Section } from '../../components/section.tsx';
import { Status } from '../../components/status.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { useDuration } from './use-duration.ts';

type Holder = NonNullable<GatewayLock['holder']>;

export function LockSection({ lock }: { readonly lock: GatewayLock | null }): ReactNode {
  const { t } = useText();
  return (
    <Section title={t('lock.title')}>
      {lock === null ? <p className="soft">{t('lock.unseen')}</p> : <Seen lock={lock} />}
    </Section>
  );
}

function Seen({ lock: { scope, holder, waiters } }: { readonly lock: GatewayLock }): ReactNode {
  const { t } = useText();
  return (
    <>
      <p className="row">
        <Status kind={holder === null ? 'good' : 'info'}>
          {t(holder === null ? 'lock.free' : 'lock.held')}
        </Status>
        <span className="code soft">{scope}</span>
        <span className="soft">{t('lock.intro')}</span>
      </p>
      {(holder !== null || waiters.length > 0) && (
        <div className="table-frame">
          <table className="table cards" aria-label={t('lock.title')}>
            <thead>
              <tr>
                <th scope="col">{t('lock.who')}</th>
                <th scope="col">{t('lock.role')}</th>
                <th scope="col">{t('lock.purpose')}</th>
                <th scope="col">{t('lock.since')}</th>
              </tr>
            </thead>
            <tbody>
              {holder !== null && <HolderRow holder={holder} role={t('lock.holder')} />}
              {waiters.map((waiter, place) => (
                <HolderRow key={waiter.pid ?? `?${place}`} holder={waiter} role={t('lock.waiter')} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function HolderRow({ holder, role }: { readonly holder: Holder; readonly role: string }): ReactNode {
  const { t } = useText();
  const formatDuration = useDuration();
  const { pid, host, purpose, sinceMs } = holder;
  const none = t('value.none');
  return (
    <tr>
      <th scope="row" className="code">
        {pid ?? none}
        {host !== null && <bdi className="soft"> @{host}</bdi>}
      </th>
      <td data-name={t('lock.role')}>{role}</td>
      <td data-name={t('lock.purpose')}>
        <bdi>{purpose ?? none}</bdi>
      </td>
      <td data-name={t('lock.since')}>{sinceMs === null ? none : formatDuration(sinceMs)}</td>
    </tr>
  );
}
