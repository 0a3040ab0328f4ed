/** The own password. The current one is asked for: whoever finds an open page does not get the account. */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Banner } from '../../components/banner.tsx';
import { Button } from '../../components/button.tsx';
import { ProblemText } from '../../components/error-state.tsx';
import { TextField } from '../../components/field.tsx';
import { useNotify } from '../../components/notices.tsx';
import { isPassword, PasswordField } from '../../components/password-field.tsx';
import { showFaults } from '../../components/show-faults.ts';
import { usePanel } from '../../data/panel-context.tsx';
import { problemOf } from '../../data/problem.ts';
import type { PlainTextKey } from '../../i18n/text.ts';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';

const nothing = { current: '', next: '' } as const;

export function PasswordForm(): ReactNode {
  const { t } = useText();
  const { client, queries } = usePanel();
  const me = useMe();
  const notify = useNotify();
  const [typed, setTyped] = useState<{ readonly current: string; readonly next: string }>(nothing);
  const [isChecked, setChecked] = useState(false);
  const change = useMutation({
    mutationFn: () => client.changePassword(typed),
    onSuccess: () => {
      setTyped(nothing);
      setChecked(false);
      notify({ kind: 'good', text: t('account.changed') });
      void queries.invalidateQueries({ queryKey: ['devices'] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    showFaults(event.currentTarget, () => setChecked(true));
    if (typed.current !== '' && isPassword(typed.next) && !change.isPending) change.mutate();
  };
  return (
    <form className="form narrow" aria-label={t('account.password')} onSubmit={submit} noValidate>
      {change.isError && <PasswordRefusal error={change.error} />}
      {/* Whose password it is, for whoever keeps passwords. */}
      <input
        className="unseen"
        tabIndex={-1}
        aria-hidden="true"
        autoComplete="username"
        value={me.email}
        readOnly
      />
      <TextField
        label={t('account.current')}
        type="password"
        autoComplete="current-password"
        required
        value={typed.current}
        onChange={({ target }) => setTyped({ ...typed, current: target.value })}
        error={isChecked && typed.current === '' && t('login.missingPassword')}
      />
      <PasswordField
        label={t('account.next')}
        value={typed.next}
        onChange={(next) => setTyped({ ...typed, next })}
        isChecked={isChecked}
      />
      <div className="row">
        <Button kind="primary" type="submit" isBusy={change.isPending}>
          {t('account.change')}
        </Button>
      </div>
    </form>
  );
}

const told: { readonly [path: string]: PlainTextKey } = {
  '/current': 'account.wrongCurrent',
  '/next': 'account.refusedNext',
};

function PasswordRefusal({ error }: { readonly error: unknown }): ReactNode {
  const { t } = useText();
  const [issue] = problemOf(error)?.problem?.issues ?? [];
  const known = issue && told[issue.path];
  return (
    <Banner kind="bad" isUrgent>
      {known === undefined ? <ProblemText error={error} /> : t(known)}
    </Banner>
  );
}
