/** The names under which answers are kept. Their first word is what events are about: see `stale-keys.ts`. */
import type { AuditQuery, ConnectionQuery, CustomerQuery, SessionQuery } from '@holdfast/panel-client/schema';

type Filter<Query> = Omit<Query, 'cursor' | 'limit'>;

export const queryKeys = {
  connections: (filter: Filter<ConnectionQuery>) => ['connections', filter] as const,
  connection: (id: string) => ['connection', id] as const,
  connectionHistory: (id: string) => ['connection-history', id] as const,
  customers: (filter: Filter<CustomerQuery>) => ['customers', filter] as const,
  customer: (id: string) => ['customer', id] as const,
  sessions: (filter: Filter<SessionQuery>) => ['sessions', filter] as const,
  gateways: () => ['gateways'] as const,
  gateway: (name: string) => ['gateway', name] as const,
  /** Asked for again and again while it is looked at, so no event is about it. */
  kernel: (name: string) => ['kernel', name] as const,
  audit: (filter: Filter<AuditQuery>) => ['audit', filter] as const,
  devices: () => ['devices'] as const,
};
