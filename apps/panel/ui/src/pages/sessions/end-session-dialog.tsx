/** Ends this very session: another one that the connection has begun meanwhile goes on. */
import type { Session, SessionReleased } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { useNotify } from '../../components/notices.tsx';
import { useMutationSender } from '../../data/use-mutation-sender.ts';
import { useText } from '../../i18n/text-context.tsx';
import { SessionName } from './session-name.tsx';

export interface EndSessionDialogProps {
  readonly session: Session;
  readonly onClose: () => void;
}

export function EndSessionDialog({ session, onClose }: EndSessionDialogProps): ReactNode {
  const { t } = useText();
  const notify = useNotify();
  const sender = useMutationSender([['sessions'], ['connections'], ['connection', session.connectionId]]);
  const end = async () => {
    const path = `/v1/sessions/${session.id}/release`;
    const outcome = await sender.send({ method: 'POST', path, body: {} });
    if (outcome === undefined) return;
    const { outcome: what } = outcome.http.body as SessionReleased;
    notify({ kind: 'good', text: t(what === 'released' ? 'session.ended' : 'session.endedBefore') });
    onClose();
  };
  return (
    <ConfirmDialog
      title={t('session.end')}
      action={t('session.end')}
      isDangerous
      isBusy={sender.isSending}
      refusal={sender.refusal}
      onConfirm={() => void end()}
      onClose={onClose}
    >
      <p>
        <strong>
          <SessionName session={session} />
        </strong>
      </p>
      <p>{t('session.endHint')}</p>
    </ConfirmDialog>
  );
}
