/** How a connection stands, in signs: its status, its restriction, and whether it is connected. */
import type { JsonObject } from '@holdfast/optimistic-client';
import type { ReactNode } from 'react';
import { Status, type StatusKind } from '../../components/status.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { showReason, showStatus } from './connection-record.ts';

const statusSigns: Readonly<Record<string, StatusKind>> = {
  CLAIMED: 'good',
  PREPROVISIONED: 'info',
  DISABLED: 'bad',
};

export function LifeStatus({ value }: { readonly value: JsonObject }): ReactNode {
  const text = useText();
  return <Status kind={statusSigns[String(value.status)] ?? 'off'}>{showStatus(text, value.status)}</Status>;
}

export function RestrictionStatus({ value }: { readonly value: JsonObject }): ReactNode {
  const text = useText();
  const reason = value.restricted_reason ?? null;
  return reason === null ? (
    <Status kind="off">{showReason(text, null)}</Status>
  ) : (
    <Status kind="warn">{showReason(text, reason)}</Status>
  );
}

/** Both in one place; that nothing restricts it is not worth a word there. */
export function States({ value }: { readonly value: JsonObject }): ReactNode {
  return (
    <span className="connection-states">
      <LifeStatus value={value} />
      {(value.restricted_reason ?? null) !== null && <RestrictionStatus value={value} />}
    </span>
  );
}

export function OnlineStatus({ isOnline }: { readonly isOnline: boolean }): ReactNode {
  const { t } = useText();
  return (
    <Status kind={isOnline ? 'good' : 'off'}>
      {t(isOnline ? 'connection.online' : 'connection.offline')}
    </Status>
  );
}
