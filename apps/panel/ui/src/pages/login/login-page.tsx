/** Where everybody begins. Who is logged in goes on to the address that they came for. */
import type { ReactNode } from 'react';
import { useText } from '../../i18n/text-context.tsx';
import { LoginForm } from '../../session/login-form.tsx';
import { GatePage } from '../../shell/gate-page.tsx';

export function LoginPage(): ReactNode {
  const { t } = useText();
  return (
    <GatePage title={t('login.title')}>
      <LoginForm />
    </GatePage>
  );
}
