/** The panel did not say who is here. It is asked again by itself, with growing pauses. */
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '../components/button.tsx';
import { usePanel } from '../data/panel-context.tsx';
import { useText } from '../i18n/text-context.tsx';
import { GatePage } from '../shell/gate-page.tsx';

const longestPauseMs = 15_000;

export function UnreachablePage(): ReactNode {
  const { t } = useText();
  const { session } = usePanel();
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const again = () => {
      setTries((count) => count + 1);
      void session.resume();
    };
    const timer = setTimeout(again, Math.min(longestPauseMs, 1_000 * 2 ** tries));
    return () => clearTimeout(timer);
  }, [session, tries]);
  return (
    <GatePage title={t('login.unreachable')}>
      <p>{t('login.unreachableHint')}</p>
      <Button onClick={() => void session.resume()}>{t('state.retry')}</Button>
    </GatePage>
  );
}
