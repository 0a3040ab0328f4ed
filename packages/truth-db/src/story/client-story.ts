/**
 * What truth knows about one connection and its clients, for a person who asks about it. It holds no secret, no token and no
 * hash of one: a question about traffic is no reason to show what proves who somebody is.
 */
import type { ConnectionStatus, GatewayRow } from '../gateway-snapshot.ts';
import type { CustomerStatus, NasProfile, RestrictedReason, RunOutcome } from '../tables.ts';
import type { UtcTime } from '../utc-time.ts';

export interface ClientStory {
  readonly connection: StoryConnection;
  readonly customer: StoryCustomer | null;
  /** Undefined when the connection never had one. */
  readonly session: StorySession | undefined;
  /** Newest first, a few. */
  readonly ended: readonly StoryEnded[];
  /** The last triggers that name the connection, newest first, whichever gateway they are for. */
  readonly triggers: readonly StoryTrigger[];
}

export interface StoryConnection {
  readonly id: number;
  readonly status: ConnectionStatus;
  readonly userName: string | null;
  readonly label: string | null;
  readonly staticIp: string | null;
  readonly restrictedReason: RestrictedReason | null;
  readonly isRestricted: boolean;
  readonly downKbit: number | null;
  readonly upKbit: number | null;
  readonly createdAt: UtcTime;
  readonly claimedAt: UtcTime | null;
  readonly lastSeenAt: UtcTime | null;
  readonly graceUntil: UtcTime;
  readonly claimDeadline: UtcTime;
}

export interface StoryCustomer {
  readonly id: number;
  readonly email: string;
  readonly status: CustomerStatus;
}

/** The row of `active_session_locks`. */
export interface StorySession {
  readonly state: 'held' | 'released';
  readonly releaseReason: string | null;
  /** Null for a session that was admitted by other means than ours. */
  readonly gateway: string | null;
  readonly nasIp: string | null;
  readonly ifname: string | null;
  readonly framedIp: string | null;
  readonly framedIpv6: string | null;
  readonly acctSessionId: string | null;
  readonly shapingSlot: number | null;
  readonly acquiredAt: UtcTime;
  readonly expiresAt: UtcTime;
  /** Null while its start has not been reported. */
  readonly confirmedAt: UtcTime | null;
  readonly nasApplied: string | null;
}

export interface StoryEnded {
  readonly gateway: string | null;
  readonly nasIp: string | null;
  readonly framedIp: string | null;
  readonly acctSessionId: string | null;
  readonly acquiredAt: UtcTime;
  readonly releasedAt: UtcTime;
  readonly reason: string;
}

export interface StoryTrigger {
  readonly gateway: string;
  readonly id: number;
  readonly reason: string;
  readonly at: UtcTime;
  readonly isCovered: boolean;
}

/** How a gateway stands: what it is, what waits for it, and its last run. */
export interface GatewayStanding extends GatewayRow {
  readonly covered: number;
  readonly newestTrigger: number;
  /** How many triggers no run has covered. */
  readonly waiting: number;
  readonly oldestWaitingAt: UtcTime | null;
  readonly lastOutcome: RunOutcome | null;
  readonly lastRunAt: UtcTime | null;
  readonly lastTookMs: number | null;
  readonly nasProfile: NasProfile | null;
  readonly nasAddresses: readonly string[];
  readonly hasNasSecret: boolean;
}
