/**
 * What truth says about the NASes of one gateway, read in one snapshot: how to speak to them, what they should carry, and
 * what they said before. Nothing here is interpreted; `@holdfast/gateway-policy` decides what each is asked.
 */
import type { KeyObject } from 'node:crypto';
import type { ConnectionStatus } from '../gateway-snapshot.ts';
import type { CustomerStatus, NasProfile } from '../tables.ts';

export interface NasGateway {
  readonly name: string;
  /** Which attributes its NASes understand; null for none. */
  readonly profile: NasProfile | null;
  /** Where they listen for requests; 3799 unless truth says otherwise. */
  readonly port: number;
  /** Signs requests; an object that does not show its bytes when it is printed. Null where truth has none. */
  readonly secret: KeyObject | null;
  /** The addresses that belong to the gateway: nobody else is sent anything. */
  readonly addresses: readonly string[];
}

/** By what a NAS knows a session, and truth the row of it. */
export interface NasSubject {
  readonly id: number;
  readonly vpnConnectionId: number;
  readonly holderToken: string;
  readonly nasIp: string;
  readonly userName: string | null;
  readonly acctSessionId: string | null;
  readonly framedIp: string | null;
}

/** A session that has begun and whose time is not over. */
export interface NasSession extends NasSubject {
  readonly status: ConnectionStatus;
  readonly customerStatus: CustomerStatus | null;
  readonly isRestricted: boolean;
  readonly downKbit: number | null;
  readonly upKbit: number | null;
  /** What the NAS acknowledged last; null when nobody told it anything. */
  readonly nasApplied: string | null;
}

/** A session that ended without its NAS, which may carry it still. */
export interface EndedNasSession extends NasSubject {
  /** Whether its connection has a session at the same NAS now. */
  readonly hasSuccessor: boolean;
  /** Acct-Session-Id of that one. */
  readonly successorId: string | null;
}

/** A NAS that did not answer; not to be asked before `retryAt`. */
export interface NasSilence {
  readonly nasIp: string;
  /** How many runs in a row it was silent. */
  readonly runs: number;
  readonly retryAt: number;
}

/** What was answered about a session and is not to be asked again before `retryAt`. */
export interface NasAnswered {
  readonly holderToken: string;
  /** As `nas_applied` would say it. */
  readonly asked: string;
  /** Of a NAK; null when it gave none, or did not answer at all. */
  readonly errorCause: number | null;
  readonly retryAt: number;
}

export interface NasSnapshot {
  readonly gateway: NasGateway;
  readonly sessions: readonly NasSession[];
  readonly ended: readonly EndedNasSession[];
  readonly silences: readonly NasSilence[];
  readonly answers: readonly NasAnswered[];
}
