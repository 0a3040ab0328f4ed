/** What the pages get their data through. Made once, in `main.tsx`, and handed down. */
import { PanelClient } from '@holdfast/panel-client';
import { QueryClient } from '@tanstack/react-query';
import { SessionStore } from '../session/session-store.ts';
import { isWorthAnotherTry } from './problem.ts';
import { ServerEvents } from './server-events.ts';

export interface PanelData {
  readonly client: PanelClient;
  readonly queries: QueryClient;
  readonly session: SessionStore;
  readonly events: ServerEvents;
}

export function createPanelData(): PanelData {
  const client: PanelClient = new PanelClient({ onSignedOut: () => session.interrupt() });
  const queries = createQueries();
  const session = new SessionStore(client);
  return { client, queries, session, events: new ServerEvents(client, queries) };
}

function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Events say what is old; without them, and behind a proxy that swallows them, half a minute is the limit.
        staleTime: 30_000,
        refetchOnWindowFocus: true,
        // A panel in a LAN answers while the browser believes it has no network.
        networkMode: 'always',
        retry: (failures, error) => failures < 2 && isWorthAnotherTry(error),
        retryDelay: (failures) => Math.min(4_000, 500 * 2 ** failures),
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
}
