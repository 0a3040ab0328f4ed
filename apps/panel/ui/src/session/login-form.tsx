/**
 * E-mail and password, and a CAPTCHA as soon as the server wants one. A login that waits for its CAPTCHA is sent by itself when
 * that is done: people press once. Nothing that was typed is taken away when the server refuses; its reason gets the focus.
 */
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Banner } from '../components/banner.tsx';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { showFaults } from '../components/show-faults.ts';
import { useNow } from '../components/use-now.ts';
import { problemKey } from '../data/problem.ts';
import { useText } from '../i18n/text-context.tsx';
import { CaptchaField } from './captcha/captcha-field.tsx';
import { type LoginRefusal, useLogin } from './use-login.ts';

export interface LoginFormProps {
  /** Whose password is asked for, where that is settled. */
  readonly email?: string;
  /** More buttons. */
  readonly children?: ReactNode;
}

export function LoginForm({ email: known, children }: LoginFormProps): ReactNode {
  const { t } = useText();
  const login = useLogin();
  const [email, setEmail] = useState(known ?? '');
  const [password, setPassword] = useState('');
  const [isChecked, setChecked] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    showFaults(event.currentTarget, () => setChecked(true));
    if (email.trim() !== '' && password !== '') login.submit({ email: email.trim(), password });
  };
  return (
    <form className="form" onSubmit={submit} noValidate aria-busy={login.isBusy}>
      {login.refusal !== undefined && <Refusal refusal={login.refusal} />}
      <TextField
        label={t('login.email')}
        type="email"
        autoComplete="username"
        required
        readOnly={known !== undefined}
        value={email}
        onChange={(event) => setEmail(event.target.value)}
        error={isChecked && email.trim() === '' && t('login.missingEmail')}
      />
      <TextField
        label={t('login.password')}
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={isChecked && password === '' && t('login.missingPassword')}
      />
      {login.captchaRound !== undefined && (
        <CaptchaField round={login.captchaRound} onSolved={login.takeCaptcha} />
      )}
      <div className="row">
        <Button kind="primary" type="submit" isBusy={login.isBusy}>
          {t('login.submit')}
        </Button>
        {children}
      </div>
    </form>
  );
}

function Refusal({ refusal }: { readonly refusal: LoginRefusal }): ReactNode {
  const { t, formatRelative } = useText();
  const nowMs = useNow();
  const place = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each refusal is told, also the same one again
  useEffect(() => place.current?.focus(), [refusal]);
  return (
    <div ref={place} tabIndex={-1}>
      <Banner kind="bad" isUrgent>
        {refusal.retryAt === undefined
          ? t(problemKey(refusal.code))
          : t('login.wait', { when: formatRelative(Math.max(refusal.retryAt, nowMs + 1_000), nowMs) })}
      </Banner>
    </div>
  );
}
