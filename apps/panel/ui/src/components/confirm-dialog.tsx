/** Asks before something that is not easily taken back, says what will happen, and stays with the reason when it is refused. */
import type { ReactNode } from 'react';
import type { MutationOutcome } from '../data/send-mutation.ts';
import { useText } from '../i18n/text-context.tsx';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Refusal } from './refusal.tsx';

export interface ConfirmDialogProps {
  readonly title: ReactNode;
  /** On the button that does it. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly isBusy: boolean;
  readonly refusal: MutationOutcome | undefined;
  readonly children: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const { title, action, isDangerous = false, isBusy, refusal, children, onConfirm, onClose } = props;
  const { t } = useText();
  const footer = (
    <>
      <Button onClick={onClose}>{t('action.cancel')}</Button>
      <Button kind={isDangerous ? 'danger' : 'primary'} isBusy={isBusy} onClick={onConfirm}>
        {action}
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} footer={footer}>
      <Refusal outcome={refusal} />
      {children}
    </Dialog>
  );
}
