/** Who changed a connection, and when, the newest first. */
import type { AuditEntry } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { operationKey } from '../../components/operation-text.ts';
import { Section } from '../../components/section.tsx';
import { Time } from '../../components/time.tsx';
import { useClient } from '../../data/panel-context.tsx';
import { queryKeys } from '../../data/query-keys.ts';
import { usePagedList } from '../../data/use-paged-list.ts';
import { useText } from '../../i18n/text-context.tsx';
import { connectionRecord } from './connection-record.ts';

const pageSize = 20;
/** Of fields: a change of more is one of all of them. */
const mostNames = 4;

export function ConnectionHistory({ id }: { readonly id: string }): ReactNode {
  const { t } = useText();
  const client = useClient();
  const list = usePagedList({
    queryKey: queryKeys.connectionHistory(id),
    read: (cursor, signal) =>
      client.connectionHistory(id, { limit: pageSize, ...(cursor !== undefined && { cursor }) }, { signal }),
  });
  return (
    <Section title={t('connection.history')}>
      <Loaded query={list}>
        {(entries) =>
          entries.length === 0 ? (
            <p className="soft">{t('connection.history.none')}</p>
          ) : (
            <ol className="history">
              {entries.map((entry) => (
                <Entry key={entry.version} entry={entry} />
              ))}
            </ol>
          )
        }
      </Loaded>
      {list.hasMore && (
        <div>
          <Button isBusy={list.isLoadingMore} onClick={list.loadMore}>
            {t('connection.history.more')}
          </Button>
        </div>
      )}
    </Section>
  );
}

function Entry({ entry: { operation, by, at, paths, version } }: { readonly entry: AuditEntry }): ReactNode {
  const { t, formatNumber } = useText();
  const key = operationKey(operation);
  const { fields } = connectionRecord.words;
  const names = paths
    .flatMap((path) => fields[path.replace(/^\//, '')]?.label ?? [])
    .map((label) => t(label));
  return (
    <li>
      <span>
        <strong>{key === undefined ? operation : t(key)}</strong>
        {names.length > 0 && names.length <= mostNames && `: ${names.join(', ')}`}
      </span>
      <span className="small soft">
        <bdi>{by.name}</bdi> · <Time at={at} /> ·{' '}
        {t('connection.history.version', { n: formatNumber(version) })}
      </span>
    </li>
  );
}
