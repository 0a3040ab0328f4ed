/**
 * What stands in a row of the list: what is pending in this tab over what the list knows. A scroll draws the rows again with each of
 * its steps; the cells are drawn again when something in them has changed.
 */
import type { JsonObject } from '@holdfast/optimistic-client';
import type { ConnectionItem } from '@holdfast/panel-client/schema';
import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../components/button.tsx';
import { FullText } from '../../components/full-text.tsx';
import { Status } from '../../components/status.tsx';
import { MarkStatus } from '../../edit/react/mark-status.tsx';
import { useLook, useOpenWorkbench } from '../../edit/react/workbench-context.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { connectionKind } from './connection-part.ts';
import { connectionName, connectionRecord, showRate, snapshotOf } from './connection-record.ts';
import { States } from './connection-status.tsx';

interface CellProps {
  readonly item: ConnectionItem;
}

export const NameCell = memo(({ item }: CellProps): ReactNode => {
  const { t } = useText();
  const { bench } = useOpenWorkbench();
  const { value, mark } = useShown(item);
  return (
    <span className="name-cell">
      <Link href={connectionRecord.href(item.id)}>
        <FullText>{connectionName(value, item.id, t)}</FullText>
      </Link>
      {mark !== undefined && <MarkStatus mark={mark} />}
      {mark === 'conflict' && (
        <Button size="small" onClick={() => bench.review(connectionKind, item.id)}>
          {t('edit.tray.resolve')}
        </Button>
      )}
    </span>
  );
});

export const StatesCell = memo(({ item }: CellProps): ReactNode => <States value={useShown(item).value} />);

export const OnlineCell = memo(({ item: { session } }: CellProps): ReactNode => {
  const { t } = useText();
  return (
    <Status kind={session === null ? 'off' : 'good'}>{t(session === null ? 'value.no' : 'value.yes')}</Status>
  );
});

export const RatesCell = memo(({ item }: CellProps): ReactNode => {
  const text = useText();
  const { down_kbit: down, up_kbit: up } = useShown(item).value;
  return <span className="nowrap">{`${showRate(down, text)} / ${showRate(up, text)}`}</span>;
});

export const CustomerCell = memo(({ item: { customer } }: CellProps): ReactNode => {
  const { t } = useText();
  return customer === null || customer === undefined ? (
    <span className="soft">{t('connection.nobody')}</span>
  ) : (
    <FullText>{customer}</FullText>
  );
});

function useShown(item: ConnectionItem) {
  const { overlay, mark } = useLook(connectionKind, item.id);
  const value: JsonObject = { ...snapshotOf(item).value, ...overlay };
  return { value, mark };
}
