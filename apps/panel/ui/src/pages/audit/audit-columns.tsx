/** The columns of the log. */
import type { AuditEntry } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/button.tsx';
import { FullText } from '../../components/full-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { operationKey } from '../../components/operation-text.ts';
import { Time } from '../../components/time.tsx';
import type { Column } from '../../components/virtual-table.tsx';
import { useText } from '../../i18n/text-context.tsx';

/** A version of a resource is made by one change. */
export function keyOfEntry({ kind, id, version, isDeletion }: AuditEntry): string {
  return `${kind} ${id} ${version}${isDeletion ? ' deletion' : ''}`;
}

export function useAuditColumns(
  opened: ReadonlySet<string>,
  onToggle: (entry: AuditEntry) => void,
): readonly Column<AuditEntry>[] {
  const { t } = useText();
  return [
    {
      key: 'what',
      header: t('audit.column.what'),
      width: 'minmax(7rem, 1.6fr)',
      isMain: true,
      cell: ({ operation }) => <Operation operation={operation} />,
    },
    {
      key: 'at',
      header: t('audit.column.at'),
      width: 'minmax(6rem, 1fr)',
      cell: ({ at }) => <Time at={at} />,
    },
    {
      key: 'by',
      header: t('audit.column.by'),
      width: 'minmax(5rem, 1.2fr)',
      cell: ({ by }) => <FullText>{by.name === by.id ? by.id : `${by.name} (${by.id})`}</FullText>,
    },
    {
      key: 'resource',
      header: t('audit.column.resource'),
      width: 'minmax(6rem, 1fr)',
      cell: (entry) => <Resource entry={entry} />,
    },
    {
      key: 'fields',
      header: t('audit.column.fields'),
      width: 'minmax(5rem, 1.6fr)',
      cell: ({ paths }) => <Fields paths={paths} />,
    },
    {
      key: 'previous',
      header: t('audit.previous'),
      width: '7rem',
      isWide: true,
      cell: (entry) => <Toggle isOpen={opened.has(keyOfEntry(entry))} onToggle={() => onToggle(entry)} />,
    },
  ];
}

function Operation({ operation }: { readonly operation: string }): ReactNode {
  const { t } = useText();
  const key = operationKey(operation);
  return key === undefined ? <code>{operation}</code> : <strong title={operation}>{t(key)}</strong>;
}

function Resource({ entry: { kind, id, version, isDeletion } }: { readonly entry: AuditEntry }): ReactNode {
  const { t } = useText();
  const about = isDeletion ? t('audit.deletion') : t('audit.version', { n: version });
  const path = { vpn_connection: '/connections/', customer: '/customers/' }[kind];
  const name =
    kind === 'vpn_connection' || kind === 'customer'
      ? t(`audit.kind.${kind}`)
      : t('audit.kind.other', { kind });
  return (
    <span>
      {path === undefined ? `${name} ${id}` : <Link href={`${path}${id}`}>{`${name} ${id}`}</Link>}
      <span className="small soft block">{about}</span>
    </span>
  );
}

function Fields({ paths }: { readonly paths: readonly string[] }): ReactNode {
  const names = paths.map((path) => path.replace(/^\//, '')).filter((name) => name !== '');
  return <span className="code soft">{names.join(', ')}</span>;
}

interface ToggleProps {
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Toggle({ isOpen, onToggle }: ToggleProps): ReactNode {
  const { t } = useText();
  return (
    <Button kind="quiet" size="small" aria-expanded={isOpen} onClick={onToggle}>
      <Icon name={isOpen ? 'up' : 'down'} /> {t('audit.before')}
    </Button>
  );
}
