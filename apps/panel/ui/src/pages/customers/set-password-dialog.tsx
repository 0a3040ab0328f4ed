/** A password set for somebody who has lost theirs. */
import type { Customer } from '@holdfast/panel-client/schema';
import { type ReactNode, useState } from 'react';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { useNotify } from '../../components/notices.tsx';
import { isPassword, PasswordField } from '../../components/password-field.tsx';
import { useMutationSender } from '../../data/use-mutation-sender.ts';
import { useText } from '../../i18n/text-context.tsx';

export interface SetPasswordDialogProps {
  readonly customer: Customer;
  readonly onClose: () => void;
}

export function SetPasswordDialog({ customer, onClose }: SetPasswordDialogProps): ReactNode {
  const { t } = useText();
  const notify = useNotify();
  const { id, version, value } = customer;
  const sender = useMutationSender([['customers'], ['customer', id]]);
  const [password, setPassword] = useState('');
  const [isChecked, setChecked] = useState(false);
  const set = async () => {
    setChecked(true);
    if (!isPassword(password)) return;
    const body = { version: sender.currentVersion ?? version, password };
    const request = { method: 'POST', path: `/v1/customers/${id}/password`, body } as const;
    if ((await sender.send(request)) === undefined) return;
    notify({ kind: 'good', text: t('customer.passwordSet') });
    onClose();
  };
  const title = (
    <>
      {t('customer.setPassword')}: <bdi>{value.email}</bdi>
    </>
  );
  return (
    <ConfirmDialog
      title={title}
      action={t('customer.setPassword')}
      isBusy={sender.isSending}
      refusal={sender.refusal}
      onConfirm={() => void set()}
      onClose={onClose}
    >
      <p>{t('customer.setPasswordHint')}</p>
      <PasswordField
        label={t('customer.newPassword')}
        value={password}
        onChange={setPassword}
        isChecked={isChecked}
      />
    </ConfirmDialog>
  );
}
