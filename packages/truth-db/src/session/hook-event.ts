/** What a hook tells about a session of a connection: that it is there, or that it has ended. */
import type { Moment } from '../utc-time.ts';

export interface HookEvent {
  readonly vpnConnectionId: number;
  readonly gateway: string;
  /** Which daemon: `pppd`, `openvpn`, … */
  readonly source: string;
  /** How the daemon names the session. */
  readonly session: string;
  /** Boot id of the machine that the daemon runs on, and the time since then; without it only `at` orders events. */
  readonly boot?: { readonly id: string; readonly uptimeMs: number } | undefined;
  /** When it happened, by the wall clock of that machine. */
  readonly at: Moment;
  /** What an event leaves out stays as it is. */
  readonly ifname?: string | null;
  readonly framedIp?: string | null;
  readonly framedIpv6?: string | null;
}

export interface HookUp extends HookEvent {
  /** `change` tells more about a session that began earlier, `up` of its beginning. */
  readonly verb: 'up' | 'change';
}

export interface HookDown extends HookEvent {
  /** Only the addresses of this family are gone: the daemon ends a session in two parts. */
  readonly part?: 4 | 6 | undefined;
}
