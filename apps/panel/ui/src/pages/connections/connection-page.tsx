/** One connection: how it stands, its form, what can be done to it, and what was. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorState } from '../../components/error-state.tsx';
import { LoadingState } from '../../components/loading-state.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { queryKeys } from '../../data/query-keys.ts';
import { MarkStatus } from '../../edit/react/mark-status.tsx';
import { type OpenEditor, useEditor, useLook } from '../../edit/react/workbench-context.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { Page } from '../../shell/page.tsx';
import { ConnectionActions } from './connection-actions.tsx';
import { ConnectionFacts } from './connection-facts.tsx';
import { ConnectionForm } from './connection-form.tsx';
import { ConnectionHistory } from './connection-history.tsx';
import { connectionKind, connectionParts } from './connection-part.ts';
import { connectionName, connectionRecord } from './connection-record.ts';
import { ConnectionSession } from './connection-session.tsx';
import { LifeStatus, OnlineStatus, RestrictionStatus } from './connection-status.tsx';
import './connections.css';

/** Another id is another page: nothing of one connection is seen on the other. */
export function ConnectionPage({ id }: { readonly id: string }): ReactNode {
  return <OneConnection key={id} id={id} />;
}

function OneConnection({ id }: { readonly id: string }): ReactNode {
  const { t } = useText();
  const { role } = useMe();
  const parts = connectionParts(role);
  const form = useEditor(parts.form, id);
  const action = useEditor(parts.state, id);
  const query = useConnection(id);
  const { overlay, mark } = useLook(connectionKind, id);
  const { stage, pending } = form.state;
  if (stage === 'gone') return <GonePage {...form} />;
  if (pending === undefined) {
    return (
      <Page title={t('connection.unnamed', { id })}>
        {stage === 'unreachable' ? (
          <ErrorState error={query.error} onRetry={() => void form.editor.open()} />
        ) : (
          <LoadingState />
        )}
      </Page>
    );
  }
  const server = pending.server;
  const value = { ...server.value, ...overlay };
  const name = connectionName(value, id, t);
  const session = query.data?.session ?? null;
  return (
    <Page
      title={<bdi>{name}</bdi>}
      windowTitle={name}
      actions={
        <>
          <LifeStatus value={value} />
          <RestrictionStatus value={value} />
          <OnlineStatus isOnline={session !== null} />
          {mark !== undefined && <MarkStatus mark={mark} />}
        </>
      }
    >
      <div className="connection-columns">
        <ConnectionForm {...form} />
        <div className="stack beside">
          <ConnectionActions id={id} seen={server} value={value} action={action} />
          <ConnectionSession session={session} />
          <ConnectionFacts id={id} value={value} version={server.version} customer={query.data?.customer} />
        </div>
        <ConnectionHistory id={id} />
      </div>
    </Page>
  );
}

function useConnection(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: queryKeys.connection(id),
    queryFn: ({ signal }) => client.connection(id, { signal }),
    // What somebody edits is never read from a cache.
    staleTime: 0,
  });
}

function GonePage({ editor, state: { notice, canUndoDiscard } }: OpenEditor): ReactNode {
  const { t } = useText();
  if (notice?.kind === 'made-anew') {
    return (
      <Page title={t('edit.notice.madeAnew')}>
        <p>
          <Link className="button" data-kind="primary" href={connectionRecord.href(notice.id)}>
            {t('edit.notice.openAnew')}
          </Link>
        </p>
      </Page>
    );
  }
  return (
    <Page title={t('notFound.title')}>
      <EmptyState
        title={t('notFound.text')}
        actions={
          <div className="row">
            {canUndoDiscard && (
              <Button onClick={() => void editor.undoDiscard()}>{t('edit.undoDiscard')}</Button>
            )}
            <Link className="button" href="/connections">
              {t('notFound.home')}
            </Link>
          </div>
        }
      />
    </Page>
  );
}
