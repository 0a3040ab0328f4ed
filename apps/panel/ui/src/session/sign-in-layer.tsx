/** Asks for the password over whatever is open, a dialog included, when the session has ended in the middle of something. */
import type { ReactNode } from 'react';
import { Button } from '../components/button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { useText } from '../i18n/text-context.tsx';
import { useSignOut } from '../shell/use-sign-out.ts';
import { LoginForm } from './login-form.tsx';
import { useSession } from './use-session.ts';

export function SignInLayer(): ReactNode {
  const { t } = useText();
  const session = useSession();
  const { signOut, isLeaving } = useSignOut();
  if (session.kind !== 'interrupted') return null;
  return (
    <Dialog title={t('login.again')}>
      <p>{t('login.againHint')}</p>
      <LoginForm email={session.me.email}>
        <Button kind="quiet" isBusy={isLeaving} onClick={signOut}>
          {t('login.leave')}
        </Button>
      </LoginForm>
    </Dialog>
  );
}
