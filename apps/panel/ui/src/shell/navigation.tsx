/** Where one can go: a customer has the own things, an admin those of all. */
import type { Role } from '@holdfast/panel-client/schema';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { PlainTextKey } from '../i18n/text.ts';
import { useText } from '../i18n/text-context.tsx';

interface Destination {
  readonly path: string;
  readonly text: PlainTextKey;
  readonly role?: Role;
}

const destinations: readonly Destination[] = [
  { path: '/connections', text: 'nav.connections' },
  { path: '/claim', text: 'nav.claim', role: 'customer' },
  { path: '/customers', text: 'nav.customers', role: 'admin' },
  { path: '/sessions', text: 'nav.sessions' },
  { path: '/gateways', text: 'nav.gateways', role: 'admin' },
  { path: '/audit', text: 'nav.audit', role: 'admin' },
  { path: '/account', text: 'nav.account' },
];

export function Navigation({ role, onGo }: { readonly role: Role; readonly onGo: () => void }): ReactNode {
  const { t } = useText();
  const [location] = useLocation();
  return (
    <nav aria-label={t('app.nav')}>
      <ul>
        {destinations
          .filter((destination) => destination.role === undefined || destination.role === role)
          .map(({ path, text }) => (
            <li key={path}>
              <Link href={path} onClick={onGo} aria-current={currentOf(location, path)}>
                {t(text)}
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  );
}

function currentOf(location: string, path: string): 'page' | 'true' | undefined {
  if (location === path || (location === '/' && path === '/connections')) return 'page';
  return location.startsWith(`${path}/`) ? 'true' : undefined;
}
