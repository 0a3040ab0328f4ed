/**
 * Who is in the demo: made-up customers and their connections, on addresses that are reserved for documentation (RFC 5737,
 * RFC 3849). Every name says that it is a demo and carries the name of its gateway, so that demos of two gateways share a
 * database.
 */
import type { SettableReason } from './connection/restriction.ts';

export interface DemoConnection {
  readonly label: string;
  readonly customer: DemoCustomer | null;
  readonly downKbit: number | null;
  readonly upKbit: number | null;
  readonly restricted: SettableReason | null;
  /** Last part of its addresses; null for one that never connects. */
  readonly host: number | null;
  readonly family: 'both' | 'ipv4' | 'ipv6';
}

export const demoCustomers = ['ana', 'bruno', 'carla'] as const;

export type DemoCustomer = (typeof demoCustomers)[number];

const unrestricted = { restricted: null, family: 'both' } as const;

export const demoConnections: readonly DemoConnection[] = [
  { ...unrestricted, label: 'laptop', customer: 'ana', downKbit: 50_000, upKbit: 10_000, host: 11 },
  {
    label: 'phone',
    customer: 'ana',
    downKbit: 20_000,
    upKbit: 5_000,
    restricted: 'QUOTA',
    host: 12,
    family: 'ipv4',
  },
  { ...unrestricted, label: 'router', customer: 'bruno', downKbit: null, upKbit: null, host: 13 },
  {
    label: 'camera',
    customer: 'bruno',
    downKbit: 2_000,
    upKbit: 2_000,
    restricted: 'MANUAL',
    host: 14,
    family: 'ipv4',
  },
  {
    ...unrestricted,
    label: 'tablet',
    customer: 'carla',
    downKbit: 10_000,
    upKbit: 2_000,
    host: 15,
    family: 'ipv6',
  },
  { ...unrestricted, label: 'spare', customer: 'carla', downKbit: 10_000, upKbit: 2_000, host: null },
  {
    ...unrestricted,
    label: 'unclaimed',
    customer: null,
    downKbit: 5_000,
    upKbit: 1_000,
    host: 16,
    family: 'ipv4',
  },
];

export function demoEmail(customer: DemoCustomer, gateway: string): string {
  return `demo-${customer}+${gateway}@example.com`;
}

/** What the client of the connection sends as User-Name; of a connection without a customer the claim token as well. */
export function demoUser({ customer, label }: DemoConnection, gateway: string): string {
  return `demo-${customer ?? 'nobody'}-${label}@${gateway}`;
}

/** The addresses that its client gets; the same in every session. */
export function demoAddresses({ host, family }: DemoConnection): {
  readonly framedIp: string | null;
  readonly framedIpv6: string | null;
} {
  return {
    framedIp: host === null || family === 'ipv6' ? null : `198.51.100.${host}`,
    framedIpv6: host === null || family === 'ipv4' ? null : `2001:db8:77::${host.toString(16)}`,
  };
}
