/** A gateway: what truth wants of it, what its kernel has, and who works on it. The first one where none is named. */
import type { Gateway, GatewayDetail } from '@holdfast/panel-client/schema';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../../components/empty-state.tsx';
import { Facts } from '../../components/facts.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Status } from '../../components/status.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { queryKeys } from '../../data/query-keys.ts';
import { useText } from '../../i18n/text-context.tsx';
import { Page } from '../../shell/page.tsx';
import './gateway.css';
import { KernelSections } from './kernel-sections.tsx';
import { LockSection } from './lock-section.tsx';
import { RunOutcome } from './run-outcome.tsx';
import { RunsSection } from './runs-section.tsx';

export function GatewayPage({ name }: { readonly name: string | undefined }): ReactNode {
  const { t } = useText();
  const client = useClient();
  const gateways = useQuery({
    queryKey: queryKeys.gateways(),
    queryFn: ({ signal }) => client.gateways({ signal }),
  });
  const shown = name ?? gateways.data?.items[0]?.name;
  const title =
    shown === undefined ? (
      t('gateway.title')
    ) : (
      <>
        {t('gateway.title')} <bdi>{shown}</bdi>
      </>
    );
  return (
    <Page title={title} windowTitle={`${t('gateway.title')} ${shown ?? ''}`.trim()}>
      <Loaded query={gateways}>{({ items }) => <Choice items={items} shown={shown} />}</Loaded>
      {shown !== undefined && <GatewaySections key={shown} name={shown} />}
    </Page>
  );
}

interface ChoiceProps {
  readonly items: readonly Gateway[];
  readonly shown: string | undefined;
}

function Choice({ items, shown }: ChoiceProps): ReactNode {
  const { t } = useText();
  if (items.length === 0)
    return (
      <section className="card">
        <EmptyState title={t('gateway.none')}>
          <p>{t('gateway.noneHint')}</p>
        </EmptyState>
      </section>
    );
  if (items.length === 1) return null;
  return (
    <nav aria-label={t('gateway.choose')}>
      <ul className="tabs">
        {items.map(({ name }) => (
          <li key={name}>
            <Link
              href={`/gateways/${encodeURIComponent(name)}`}
              aria-current={name === shown ? 'page' : undefined}
            >
              <bdi>{name}</bdi>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function GatewaySections({ name }: { readonly name: string }): ReactNode {
  const client = useClient();
  const query = useQuery({
    queryKey: queryKeys.gateway(name),
    queryFn: ({ signal }) => client.gateway(name, { signal }),
    // Who holds the lock is no event, and over in moments.
    refetchInterval: 2_000,
  });
  return (
    <>
      <Loaded query={query}>{(gateway) => <Summary gateway={gateway} />}</Loaded>
      <KernelSections name={name} />
      {query.data !== undefined && (
        <>
          <LockSection lock={query.data.lock} />
          <RunsSection runs={query.data.runs} />
        </>
      )}
    </>
  );
}

function Summary({ gateway }: { readonly gateway: GatewayDetail }): ReactNode {
  const { t, plural, formatNumber } = useText();
  const { sessions, newestTrigger, covered, device, layout, lastRunAt, runs } = gateway;
  const behind = Math.max(0, newestTrigger - covered);
  const [last] = runs;
  return (
    <section className="card" aria-label={t('gateway.title')}>
      <Facts
        of={[
          [t('gateway.sessions'), formatNumber(sessions)],
          [
            t('gateway.live'),
            <Status key="live" kind={behind === 0 ? 'good' : 'warn'}>
              {behind === 0 ? t('gateway.liveAll') : plural('gateway.liveBehind', behind)}
            </Status>,
          ],
          [
            t('gateway.lastRun'),
            <span key="last" className="row">
              {lastRunAt === null ? t('gateway.never') : <Time at={lastRunAt} />}
              {last !== undefined && <RunOutcome outcome={last.outcome} />}
            </span>,
          ],
          [
            t('gateway.device'),
            <span key="device">
              <bdi className="code">{device}</bdi>{' '}
              <span className="soft">({t(`gateway.layout.${layout}`)})</span>
            </span>,
          ],
        ]}
      />
    </section>
  );
}
