/** The VPN session that a connection has now. */
import type { Session } from '@holdfast/panel-client/schema';
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Facts } from '../../components/facts.tsx';
import { Section } from '../../components/section.tsx';
import { Time } from '../../components/time.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { EndSessionDialog } from '../sessions/end-session-dialog.tsx';

export function ConnectionSession({ session }: { readonly session: Session | null }): ReactNode {
  const { t } = useText();
  const [ending, setEnding] = useState<Session>();
  return (
    <Section title={t('connection.session')}>
      {session === null ? (
        <p className="soft">{t('connection.noSession')}</p>
      ) : (
        <>
          <Facts
            of={[
              [t('connection.session.address'), session.framedIp ?? session.framedIpv6 ?? t('value.none')],
              [t('connection.session.gateway'), session.gateway ?? t('value.none')],
              [t('connection.status'), t(`session.state.${session.state}`)],
              [t('connection.session.since'), <Time key="since" at={session.since} />],
            ]}
          />
          <div>
            <Button onClick={() => setEnding(session)}>{t('session.end')}</Button>
          </div>
        </>
      )}
      {ending !== undefined && <EndSessionDialog session={ending} onClose={() => setEnding(undefined)} />}
    </Section>
  );
}
