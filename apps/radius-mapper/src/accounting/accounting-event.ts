/**
 * One accounting request, decoded and validated: what a NAS says about a session, or about itself. Plain data that survives
 * JSON, because one that cannot reach truth is spooled as it is.
 */

export type AccountingKind = 'start' | 'interim' | 'stop' | 'nas-on' | 'nas-off' | 'other';

export interface AccountingCounters {
  /** Acct-Session-Time. */
  readonly seconds: number;
  /** Of 64 bits, cut to the greatest whole number that is exact. */
  readonly inBytes: number;
  readonly outBytes: number;
}

export interface AccountingEvent {
  readonly kind: AccountingKind;
  /** Acct-Status-Type as it came. */
  readonly status: string;
  /** User-Name; empty where the NAS speaks of itself. */
  readonly user: string;
  /** Where the packet came from, as canonical text of an address. */
  readonly src: string;
  /** NAS-IP-Address or NAS-IPv6-Address, empty without one. `nasAddressOf` falls back to `src`. */
  readonly nasIp: string;
  readonly nasId: string;
  readonly port: string;
  /** Calling-Station-Id. */
  readonly caller: string;
  /** Acct-Session-Id. */
  readonly sid: string;
  /** What came back as Class, when it is a token of ours. */
  readonly holderToken?: string;
  /** When it happened, in milliseconds since the Unix epoch: as the NAS says, where that can be, else as of its receipt. */
  readonly atMs: number;
  /** When we received it. */
  readonly receivedMs: number;
  /** Framed-IP-Address. */
  readonly framedIp?: string;
  /** Framed-IPv6-Address. */
  readonly framedIpv6?: string;
  /** Framed-IPv6-Prefix, `2001:db8:1::/64`. */
  readonly prefix6?: string;
  /** Acct-Terminate-Cause, `User-Request`; empty without one. */
  readonly cause: string;
  readonly counters: AccountingCounters;
}

/** The address that is a part of the session key. */
export function nasAddressOf(event: Pick<AccountingEvent, 'nasIp' | 'src'>): string {
  return event.nasIp === '' ? event.src : event.nasIp;
}
