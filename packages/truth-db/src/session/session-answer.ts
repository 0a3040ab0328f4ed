/** What is asked when a session is to be taken, and what is answered. */
import type { RecordedTrigger } from '../trigger.ts';
import type { Moment } from '../utc-time.ts';
import type { SessionHeld } from './session-lock.ts';

export interface SessionRequest {
  readonly vpnConnectionId: number;
  readonly gateway: string;
  /** Of `sessionKeyOf`. */
  readonly sessionKey: string;
  /** Packet-Authentication-Vector of the request: the same one is the same request, sent again. */
  readonly requestVector: string;
  /** Where the packet came from. */
  readonly nasIp?: string | null;
  /** The mark of what the answer tells the NAS, stored with a session that is new; one that is renewed keeps what it has. */
  readonly nasApplied?: string | null;
  readonly at: Moment;
  /** When it is free again if its start is never reported; later than `at`. */
  readonly expiresAt: Moment;
}

export interface SessionGrant {
  /** To be sent as `Class`: whoever shows it is the holder. */
  readonly holderToken: string;
  /** In milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  /** For the gateway whose session was displaced. */
  readonly triggers: readonly RecordedTrigger[];
}

export type SessionAnswer =
  | ({ readonly kind: 'granted' } & SessionGrant)
  /** The same request again, or the same device that comes back: if its earlier session had begun, that one has ended. */
  | ({ readonly kind: 'same-session' } & SessionGrant)
  /** The time of `from` was over. */
  | ({ readonly kind: 'taken-over'; readonly from: SessionHeld } & SessionGrant)
  | { readonly kind: 'busy'; readonly by: SessionHeld; readonly until: number }
  | { readonly kind: 'refused'; readonly because: 'unknown' | 'disabled' | 'suspended' | 'deleted' };
