/** A new connection, of nobody yet: what is known of it, and the code that is told once when it is there. */
import type { ConnectionChanged } from '@holdfast/panel-client/schema';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Link } from 'wouter';
import { Banner } from '../../components/banner.tsx';
import { Button } from '../../components/button.tsx';
import { CopyValue } from '../../components/copy-value.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { Refusal } from '../../components/refusal.tsx';
import { useMutationSender } from '../../data/use-mutation-sender.ts';
import { Message } from '../../i18n/message.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { connectionName, connectionRecord } from './connection-record.ts';
import {
  emptyConnection,
  newConnectionBody,
  newConnectionIssues,
  type TypedConnection,
} from './new-connection.ts';

export function ProvisionDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [made, setMade] = useState<ConnectionChanged>();
  return made === undefined ? (
    <ProvisionForm onMade={setMade} onClose={onClose} />
  ) : (
    <Provisioned made={made} onAnother={() => setMade(undefined)} onClose={onClose} />
  );
}

interface ProvisionFormProps {
  readonly onMade: (made: ConnectionChanged) => void;
  readonly onClose: () => void;
}

const fields = [
  ['label', 'connection.label', undefined],
  ['radius_username', 'provision.user', undefined],
  ['static_ip', 'provision.address', 'provision.addressHint'],
  ['down_kbit', 'connection.down', undefined],
  ['up_kbit', 'connection.up', undefined],
] as const;

function ProvisionForm({ onMade, onClose }: ProvisionFormProps): ReactNode {
  const { t } = useText();
  const formId = useId();
  const sender = useMutationSender([['connections'], ['audit']]);
  const [typed, setTyped] = useState<TypedConnection>(emptyConnection);
  const [isChecked, setChecked] = useState(false);
  const body = newConnectionBody(typed);
  const issues = isChecked ? newConnectionIssues(body) : [];
  const provision = async () => {
    const outcome = await sender.send({ method: 'POST', path: '/v1/connections', body });
    if (outcome !== undefined) onMade(outcome.http.body as ConnectionChanged);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (newConnectionIssues(body).length === 0 && !sender.isSending) void provision();
  };
  const errorOf = (name: string) => {
    const issue = issues.find(({ path }) => path === `/${name}`);
    if (issue === undefined) return undefined;
    return t(connectionRecord.words.issues[issue.code] ?? 'connection.issue.other');
  };
  return (
    <Dialog
      title={t('connections.new')}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" form={formId} isBusy={sender.isSending}>
            {t('provision.submit')}
          </Button>
        </>
      }
    >
      <Refusal
        outcome={sender.refusal}
        told={{ 'state-conflict': t('provision.taken'), invalid: t('provision.addressWrong') }}
      />
      <form id={formId} className="form" onSubmit={submit} noValidate>
        {fields.map(([name, label, hint]) => (
          <TextField
            key={name}
            label={t(label)}
            hint={hint === undefined ? t('field.optional') : `${t(hint)} ${t('field.optional')}`}
            autoComplete="off"
            value={typed[name]}
            error={errorOf(name)}
            onChange={({ target }) => setTyped((before) => ({ ...before, [name]: target.value }))}
          />
        ))}
      </form>
    </Dialog>
  );
}

interface ProvisionedProps {
  readonly made: ConnectionChanged;
  readonly onAnother: () => void;
  readonly onClose: () => void;
}

function Provisioned({ made, onAnother, onClose }: ProvisionedProps): ReactNode {
  const { t } = useText();
  const { id, value, once } = made;
  return (
    <Dialog
      title={<Message text="provision.done" values={{ name: connectionName(value ?? {}, id, t) }} />}
      // Told this once: no Escape takes it away.
      {...(once?.token === undefined && { onClose })}
      footer={
        <>
          <Button onClick={onAnother}>{t('provision.another')}</Button>
          <Button onClick={onClose}>{t('action.close')}</Button>
          <Link className="button" data-kind="primary" href={connectionRecord.href(id)}>
            {t('provision.open')}
          </Link>
        </>
      }
    >
      {once?.token === undefined ? (
        <Banner kind="warn">{t('provision.lost')}</Banner>
      ) : (
        <>
          <p>{t('provision.doneHint')}</p>
          <CopyValue label={t('edit.once.token')} value={once.token} hint={t('edit.once.hint')} />
        </>
      )}
    </Dialog>
  );
}
