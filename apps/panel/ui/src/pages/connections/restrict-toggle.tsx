/** Restricts a connection, or lifts the restriction, from its row: a manual one, which a person lifts. */
import type { ConnectionItem } from '@holdfast/panel-client/schema';
import { memo, type ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { useLook, useOpenWorkbench } from '../../edit/react/workbench-context.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { connectionKind, connectionParts } from './connection-part.ts';
import { connectionName, snapshotOf } from './connection-record.ts';

export const RestrictToggle = memo(({ item }: { readonly item: ConnectionItem }): ReactNode => {
  const { t } = useText();
  const { role } = useMe();
  const { bench } = useOpenWorkbench();
  const { overlay, mark } = useLook(connectionKind, item.id);
  const value = { ...item.value, ...overlay };
  const isRestricted = value.restricted_reason !== null;
  const name = connectionName(value, item.id, t);
  const patch = isRestricted
    ? { restricted_reason: null, restricted_effective: 0 }
    : { restricted_reason: 'MANUAL', restricted_effective: 1 };
  return (
    <Button
      size="small"
      isOff={mark !== undefined && mark !== 'draft'}
      aria-label={t(isRestricted ? 'connection.liftOf' : 'connection.restrictOf', {
        name: `\u2068${name}\u2069`,
      })}
      onClick={() => bench.act(connectionParts(role).state, item.id, { patch, seen: snapshotOf(item) })}
    >
      {t(isRestricted ? 'connections.unrestrict' : 'connection.restrict')}
    </Button>
  );
});
