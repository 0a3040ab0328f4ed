/** A new customer: an address and a first password. */
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { useNotify } from '../../components/notices.tsx';
import { isPassword, PasswordField } from '../../components/password-field.tsx';
import { Refusal } from '../../components/refusal.tsx';
import { showFaults } from '../../components/show-faults.ts';
import { useMutationSender } from '../../data/use-mutation-sender.ts';
import { Message } from '../../i18n/message.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { isEmail, longestEmail } from './email.ts';

export function RegisterDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useText();
  const notify = useNotify();
  const formId = useId();
  const sender = useMutationSender([['customers']]);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [isChecked, setChecked] = useState(false);
  const register = async () => {
    const body = { email: email.trim(), password };
    if ((await sender.send({ method: 'POST', path: '/v1/customers', body })) === undefined) return;
    notify({ kind: 'good', text: <Message text="customers.registered" values={{ email: body.email }} /> });
    onClose();
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    showFaults(event.currentTarget, () => setChecked(true));
    if (isEmail(email.trim()) && isPassword(password) && !sender.isSending) void register();
  };
  const footer = (
    <>
      <Button onClick={onClose}>{t('action.cancel')}</Button>
      <Button kind="primary" type="submit" form={formId} isBusy={sender.isSending}>
        {t('customers.register')}
      </Button>
    </>
  );
  return (
    <Dialog title={t('customers.new')} onClose={onClose} footer={footer}>
      <Refusal outcome={sender.refusal} told={{ 'state-conflict': t('customers.emailTaken') }} />
      <form id={formId} className="form" onSubmit={submit} noValidate>
        <TextField
          label={t('customer.email')}
          type="email"
          autoComplete="off"
          required
          maxLength={longestEmail}
          value={email}
          onChange={({ target }) => setEmail(target.value)}
          error={isChecked && !isEmail(email.trim()) && t('field.notEmail')}
        />
        <PasswordField
          label={t('login.password')}
          value={password}
          onChange={setPassword}
          isChecked={isChecked}
        />
      </form>
    </Dialog>
  );
}
