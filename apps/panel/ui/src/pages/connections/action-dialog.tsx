/** Asks for what an action needs: a reason, a date, or a second thought. */
import type { JsonObject } from '@holdfast/optimistic-client';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import type { PlainTextKey } from '../../i18n/text.ts';
import { useText } from '../../i18n/text-context.tsx';
import type { AskedAction } from './connection-action.ts';
import { laterDeadline, localOf } from './local-moment.ts';

export interface ActionDialogProps {
  readonly action: AskedAction;
  readonly value: JsonObject;
  readonly onAct: (patch: JsonObject) => void;
  readonly onClose: () => void;
}

const reasons = ['MANUAL', 'QUOTA', 'EXPIRY'] as const;

const hints: Readonly<Partial<Record<AskedAction, PlainTextKey>>> = {
  restrict: 'connection.restrictHint',
  disable: 'connection.disableHint',
  resetGrace: 'connection.resetGraceHint',
  renew: 'connection.renewHint',
};

export function ActionDialog({ action, value, onAct, onClose }: ActionDialogProps): ReactNode {
  const { t } = useText();
  const formId = useId();
  const [reason, setReason] = useState<string>('MANUAL');
  const [until, setUntil] = useState(() => localOf(proposedDeadline(value)));
  const [isChecked, setChecked] = useState(false);
  const deadline = laterDeadline(until, String(value.claim_deadline), Date.now());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    const patch = patchOf(action, { reason, deadline });
    if (patch !== undefined) onAct(patch);
  };
  const hint = hints[action];
  return (
    <Dialog
      title={t(`connection.${action}`)}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button type="submit" form={formId} kind={action === 'disable' ? 'danger' : 'primary'}>
            {t(`connection.${action}`)}
          </Button>
        </>
      }
    >
      <form id={formId} className="form" onSubmit={submit} noValidate>
        {hint !== undefined && <p>{t(hint)}</p>}
        {action === 'restrict' && (
          <SelectField
            label={t('connection.restrictReason')}
            value={reason}
            options={reasons.map((name) => ({ value: name, text: t(`connection.reason.${name}`) }))}
            onChange={({ target }) => setReason(target.value)}
          />
        )}
        {action === 'extend' && (
          <TextField
            type="datetime-local"
            label={t('connection.extendUntil')}
            value={until}
            onChange={({ target }) => setUntil(target.value)}
            error={isChecked && deadline === undefined && t('connection.extendWrong')}
          />
        )}
      </form>
    </Dialog>
  );
}

/** Undefined where something is still wrong. */
function patchOf(
  action: AskedAction,
  { reason, deadline }: { readonly reason: string; readonly deadline: string | undefined },
): JsonObject | undefined {
  switch (action) {
    case 'restrict':
      return { restricted_reason: reason, restricted_effective: 1 };
    case 'disable':
      return { status: 'DISABLED' };
    case 'resetGrace':
      return { grace: true };
    case 'extend':
      return deadline === undefined ? undefined : { claim_deadline: deadline };
    case 'renew':
      return { radius_secret: true };
    default:
      return action satisfies never;
  }
}

const thirtyDaysMs = 30 * 24 * 3_600_000;

function proposedDeadline({ claim_deadline: deadline }: JsonObject): number {
  return Math.max(Date.now(), Date.parse(String(deadline)) || 0) + thirtyDaysMs;
}
