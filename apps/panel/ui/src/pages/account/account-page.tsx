/** The own account: who I am, my password, and where I am logged in. */
import type { ReactNode } from 'react';
import { Facts } from '../../components/facts.tsx';
import { Section } from '../../components/section.tsx';
import { useText } from '../../i18n/text-context.tsx';
import { useMe } from '../../session/use-session.ts';
import { Page } from '../../shell/page.tsx';
import { Devices } from './devices.tsx';
import { PasswordForm } from './password-form.tsx';

export function AccountPage(): ReactNode {
  const { t } = useText();
  const { name, email, role } = useMe();
  return (
    <Page title={t('account.title')}>
      <Section title={t('account.facts')}>
        <Facts
          of={[
            [t('account.name'), <bdi key="name">{name}</bdi>],
            [t('account.email'), <bdi key="email">{email}</bdi>],
            [t('account.role'), t(`role.${role}`)],
          ]}
        />
      </Section>
      <Section title={t('account.password')}>
        <p className="soft">{t('account.passwordIntro')}</p>
        <PasswordForm />
      </Section>
      <Section title={t('account.devices')}>
        <Devices />
      </Section>
    </Page>
  );
}
