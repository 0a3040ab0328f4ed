/** What can be done with an account. Each change is based on the version that was seen when its dialog was opened. */
import type { Customer } from '@holdfast/panel-client/schema';
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { useNotify } from '../../components/notices.tsx';
import { useMutationSender } from '../../data/use-mutation-sender.ts';
import { useText } from '../../i18n/text-context.tsx';
import { SetPasswordDialog } from './set-password-dialog.tsx';

const actions = {
  suspend: { method: 'POST', path: '/suspend', done: 'customer.suspended', isDangerous: true },
  activate: { method: 'POST', path: '/activate', done: 'customer.activated', isDangerous: false },
  delete: { method: 'DELETE', path: '', done: 'customer.deleted', isDangerous: true },
} as const;

type Action = keyof typeof actions;

interface Opened {
  readonly action: Action | 'setPassword';
  /** As it was when somebody decided. */
  readonly customer: Customer;
}

export function CustomerActions({ customer }: { readonly customer: Customer }): ReactNode {
  const { t } = useText();
  const [opened, setOpened] = useState<Opened>();
  const close = () => setOpened(undefined);
  const open = (action: Opened['action']) => () => setOpened({ action, customer });
  const isActive = customer.value.status === 'active';
  return (
    <div className="row">
      <Button onClick={open('setPassword')}>{t('customer.setPassword')}</Button>
      {isActive ? (
        <Button kind="danger" onClick={open('suspend')}>
          {t('customer.suspend')}
        </Button>
      ) : (
        <Button onClick={open('activate')}>{t('customer.activate')}</Button>
      )}
      <Button kind="danger" onClick={open('delete')}>
        {t('customer.delete')}
      </Button>
      {opened?.action === 'setPassword' && <SetPasswordDialog customer={opened.customer} onClose={close} />}
      {opened !== undefined && opened.action !== 'setPassword' && (
        <ActionDialog action={opened.action} customer={opened.customer} onClose={close} />
      )}
    </div>
  );
}

interface ActionDialogProps {
  readonly action: Action;
  readonly customer: Customer;
  readonly onClose: () => void;
}

function ActionDialog({ action, customer, onClose }: ActionDialogProps): ReactNode {
  const { t } = useText();
  const notify = useNotify();
  const { method, path, done, isDangerous } = actions[action];
  const sender = useMutationSender([['customers'], ['customer', customer.id]]);
  const confirm = async () => {
    const version = sender.currentVersion ?? customer.version;
    const request = { method, path: `/v1/customers/${customer.id}${path}`, body: { version } };
    if ((await sender.send(request)) === undefined) return;
    notify({ kind: 'good', text: t(done) });
    onClose();
  };
  const title = (
    <>
      {t(`customer.${action}`)}: <bdi>{customer.value.email}</bdi>
    </>
  );
  return (
    <ConfirmDialog
      title={title}
      action={t(`customer.${action}`)}
      isDangerous={isDangerous}
      isBusy={sender.isSending}
      refusal={sender.refusal}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>{t(`customer.${action}Hint`)}</p>
    </ConfirmDialog>
  );
}
