/** Nothing is here. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../components/empty-state.tsx';
import { useText } from '../i18n/text-context.tsx';
import { Page } from '../shell/page.tsx';

export function NotFoundPage(): ReactNode {
  const { t } = useText();
  const home = (
    <Link className="button" href="/connections">
      {t('notFound.home')}
    </Link>
  );
  return (
    <Page title={t('notFound.title')}>
      <section className="card">
        <EmptyState title={t('notFound.text')} actions={home} />
      </section>
    </Page>
  );
}
