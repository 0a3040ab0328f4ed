/** All pages, each loaded when somebody goes there, and what stands between them and a visitor who is not logged in. */
import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, Suspense, useEffect } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { LoadingState } from './components/loading-state.tsx';
import { NoticeProvider } from './components/notices.tsx';
import { PanelProvider } from './data/panel-context.tsx';
import type { PanelData } from './data/panel-data.ts';
import { EditProvider } from './edit/react/edit-provider.tsx';
import { PendingTray } from './edit/react/pending-tray.tsx';
import type { Language } from './i18n/language.ts';
import { TextProvider } from './i18n/text-context.tsx';
import type { Texts } from './i18n/texts.ts';
import { LoginPage } from './pages/login/login-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { UnreachablePage } from './pages/unreachable-page.tsx';
import { useMe, useSession } from './session/use-session.ts';
import { DefectBoundary } from './shell/defect-boundary.tsx';
import { Layout } from './shell/layout.tsx';
import { lazyPage, preloadPages } from './shell/lazy-page.ts';

export interface AppProps {
  readonly data: PanelData;
  readonly language: { readonly language: Language; readonly texts: Texts };
}

export function App({ data, language }: AppProps): ReactNode {
  return (
    <PanelProvider value={data}>
      <QueryClientProvider client={data.queries}>
        <TextProvider initial={language}>
          <NoticeProvider>
            <Gate />
          </NoticeProvider>
        </TextProvider>
      </QueryClientProvider>
    </PanelProvider>
  );
}

/** What was asked for is where one gets after logging in: the address stays. */
function Gate(): ReactNode {
  const session = useSession();
  const [location] = useLocation();
  switch (session.kind) {
    case 'resuming':
      return <LoadingState />;
    case 'unreachable':
      return <UnreachablePage />;
    case 'signed-out':
      return <LoginPage />;
    case 'signed-in':
    case 'interrupted':
      return location === '/login' ? <Redirect href="/connections" replace /> : <Inside place={location} />;
    default:
      return session satisfies never;
  }
}

function Inside({ place }: { readonly place: string }): ReactNode {
  useEffect(() => void preloadPages(), []);
  return (
    <EditProvider>
      <Layout tray={<PendingTray />}>
        <DefectBoundary key={place}>
          <Suspense fallback={<LoadingState />}>
            <Pages />
          </Suspense>
        </DefectBoundary>
      </Layout>
    </EditProvider>
  );
}

const ConnectionsPage = lazyPage(
  /^\/(connections)?$/,
  async () => (await import('./pages/connections/connections-page.tsx')).ConnectionsPage,
);
const ConnectionPage = lazyPage(
  /^\/connections\//,
  async () => (await import('./pages/connections/connection-page.tsx')).ConnectionPage,
);
const CustomersPage = lazyPage(
  /^\/customers$/,
  async () => (await import('./pages/customers/customers-page.tsx')).CustomersPage,
);
const CustomerPage = lazyPage(
  /^\/customers\//,
  async () => (await import('./pages/customers/customer-page.tsx')).CustomerPage,
);
const SessionsPage = lazyPage(
  /^\/sessions$/,
  async () => (await import('./pages/sessions/sessions-page.tsx')).SessionsPage,
);
const GatewayPage = lazyPage(
  /^\/gateways/,
  async () => (await import('./pages/gateway/gateway-page.tsx')).GatewayPage,
);
const AuditPage = lazyPage(/^\/audit$/, async () => (await import('./pages/audit/audit-page.tsx')).AuditPage);
const AccountPage = lazyPage(
  /^\/account$/,
  async () => (await import('./pages/account/account-page.tsx')).AccountPage,
);
const ClaimPage = lazyPage(/^\/claim$/, async () => (await import('./pages/claim/claim-page.tsx')).ClaimPage);

function Pages(): ReactNode {
  const { role } = useMe();
  const isAdmin = role === 'admin';
  return (
    <Switch>
      <Route path="/" component={ConnectionsPage} />
      <Route path="/connections" component={ConnectionsPage} />
      <Route path="/connections/:id">{({ id }) => <ConnectionPage id={id} />}</Route>
      <Route path="/account" component={AccountPage} />
      <Route path="/sessions" component={SessionsPage} />
      {!isAdmin && <Route path="/claim" component={ClaimPage} />}
      {isAdmin && <Route path="/customers" component={CustomersPage} />}
      {isAdmin && <Route path="/customers/:id">{({ id }) => <CustomerPage id={id} />}</Route>}
      {isAdmin && <Route path="/gateways/:name?">{({ name }) => <GatewayPage name={name} />}</Route>}
      {isAdmin && <Route path="/audit" component={AuditPage} />}
      <Route component={NotFoundPage} />
    </Switch>
  );
}
