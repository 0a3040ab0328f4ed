/** Hands the data layer down to the components. */
import type { PanelClient } from '@holdfast/panel-client';
import type { PanelEvent } from '@holdfast/panel-client/schema';
import { createContext, use, useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import type { PanelData } from './panel-data.ts';
import type { Link } from './server-events.ts';

const PanelContext = createContext<PanelData | undefined>(undefined);
export const PanelProvider = PanelContext;

export function usePanel(): PanelData {
  const value = use(PanelContext);
  if (value === undefined) throw new Error('no PanelProvider above');
  return value;
}

export function useClient(): PanelClient {
  return usePanel().client;
}

/** Calls the newest `listener` for each event of the server. */
export function useServerEvents(listener: (event: PanelEvent) => void): void {
  const { events } = usePanel();
  const hear = useEffectEvent(listener);
  useEffect(() => events.listen((event) => hear(event)), [events]);
}

export function useLink(): Link {
  const { events } = usePanel();
  return useSyncExternalStore(events.watchLink, () => events.link);
}
