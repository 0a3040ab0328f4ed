/** The frame: brand, navigation and preferences beside the page; above it on narrow screens, behind a button. */
import { type ReactNode, useEffect, useId, useState } from 'react';
import { Button } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { usePanel } from '../data/panel-context.tsx';
import { useText } from '../i18n/text-context.tsx';
import { SignInLayer } from '../session/sign-in-layer.tsx';
import { useMe } from '../session/use-session.ts';
import { Brand } from './brand.tsx';
import { Navigation } from './navigation.tsx';
import { OfflineBanner } from './offline-banner.tsx';
import { Preferences } from './preferences.tsx';
import { useSignOut } from './use-sign-out.ts';

export interface LayoutProps {
  /** Stands beside the navigation on every page. */
  readonly tray?: ReactNode;
  readonly children: ReactNode;
}

export function Layout({ tray, children }: LayoutProps): ReactNode {
  const { t } = useText();
  const me = useMe();
  const menuId = useId();
  const [isMenuOpen, setMenuOpen] = useState(false);
  useLiveEvents();
  return (
    <div className="frame">
      <a className="skip" href="#content">
        {t('app.skip')}
      </a>
      <header className="side">
        <div className="top">
          <Brand />
          {tray}
          <Button
            className="menu-button"
            aria-expanded={isMenuOpen}
            aria-controls={menuId}
            onClick={() => setMenuOpen((isOpen) => !isOpen)}
          >
            <Icon name="menu" /> {t('app.menu')}
          </Button>
        </div>
        <div id={menuId} className="menu" data-open={isMenuOpen || undefined}>
          <Navigation role={me.role} onGo={() => setMenuOpen(false)} />
          <Tools />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <OfflineBanner />
        {children}
      </main>
      <SignInLayer />
    </div>
  );
}

function Tools(): ReactNode {
  const { t } = useText();
  const me = useMe();
  const { signOut, isLeaving } = useSignOut();
  return (
    <section className="tools" aria-label={t('app.tools')}>
      <Preferences />
      <div className="who">
        <span className="unseen">{t('app.signedInAs')}</span>
        <bdi className="clip" title={me.email}>
          {me.name}
        </bdi>
        <span className="small soft">{t(`role.${me.role}`)}</span>
      </div>
      <Button isBusy={isLeaving} onClick={signOut}>
        {t('app.signOut')}
      </Button>
    </section>
  );
}

/** As long as the frame stands: also while the session is interrupted, for the client waits then until somebody is back. */
function useLiveEvents(): void {
  const { events } = usePanel();
  useEffect(() => {
    const stop = new AbortController();
    void events.run(stop.signal);
    return () => stop.abort();
  }, [events]);
}
