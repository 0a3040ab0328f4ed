/** What a session is called by: the label of its connection, or the number of that. */
import type { Session } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { FullText } from '../../components/full-text.tsx';
import { useText } from '../../i18n/text-context.tsx';

export function SessionName({ session }: { readonly session: Session }): ReactNode {
  const { t } = useText();
  const { label, connectionId } = session;
  return <FullText>{nameOr(label, t('sessions.unnamed', { id: connectionId }))}</FullText>;
}

function nameOr(label: string | null, unnamed: string): string {
  return label === null || label.trim() === '' ? unnamed : label;
}
