/**
 * Which session an event of a hook is about. A daemon names its sessions in its own way (a process id and a unit, a counter,
 * an address and a port), and gives every name again some day: so the name goes with the boot of the machine, and an
 * identity with the moment of its event on the clock of that boot, which nobody sets. Two events of one name are told apart
 * by that moment alone.
 *
 * It is kept as the Acct-Session-Id of a session that no RADIUS server has told about: `hook:SOURCE:NAME:BOOT@START`, and in
 * `released_sessions` with `~END` behind it, when its end was reported.
 */
import { createHash } from 'node:crypto';
import { decodeTime, epochMs, type UtcTime } from '../utc-time.ts';
import type { HookEvent } from './hook-event.ts';

export interface HookIdentity {
  /** All of it but the moment. */
  readonly name: string;
  /** Grows with time within a boot; where that is unknown, since the Unix epoch. */
  readonly clock: number;
  /** When it happened, in milliseconds since the Unix epoch: it orders what has happened in different boots. */
  readonly at: number;
}

/** An identity as it is stored. */
export interface StoredIdentity {
  readonly name: string;
  /** Undefined for a session whose end was all that was ever reported. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

export function hookIdentity({ source, session, boot, at }: HookEvent): HookIdentity {
  const name = `hook:${plain(source)}:${plain(session)}:${boot === undefined ? 'unknown' : plain(boot.id)}`;
  const atMs = epochMs(at);
  return { name, clock: boot === undefined ? atMs : clockOf(boot.uptimeMs, atMs), at: atMs };
}

/** The kernel tells the time since the boot in hundredths of a second; what happened in one of them the wall clock orders. */
function clockOf(uptimeMs: number, atMs: number): number {
  return Math.round(uptimeMs) * 10_000 + (atMs % 10_000);
}

export function storedIdentity(name: string, start: number | undefined, end?: number): string {
  return `${name}@${start ?? ''}${end === undefined ? '' : `~${end}`}`;
}

/** Undefined for what is not ours: an Acct-Session-Id that a NAS has told. */
export function readIdentity(stored: string | null): StoredIdentity | undefined {
  const parts = /^(?<name>hook:[^@]*)@(?<start>\d*)(?:~(?<end>\d+))?$/.exec(stored ?? '')?.groups;
  if (parts?.name === undefined) return undefined;
  const { name, start = '', end } = parts;
  return {
    name,
    start: start === '' ? undefined : Number(start),
    end: end === undefined ? undefined : Number(end),
  };
}

/** The session key of what hooks have told about a connection: a gateway has one session of it, whatever its name. */
export function hookKey({ gateway, vpnConnectionId }: HookEvent): string {
  return `${hookKeyPrefix}${gateway}|${vpnConnectionId}`;
}

/** No NAS address begins like this, so it is never a key of `sessionKeyOf`. */
export const hookKeyPrefix = 'hook|';

export function isHookKey(sessionKey: string): boolean {
  return sessionKey.startsWith(hookKeyPrefix);
}

/** Whether `identity` happened before a session began, as that is stored. */
export function isBefore(
  identity: HookIdentity,
  stored: StoredIdentity | undefined,
  startedAt: UtcTime,
): boolean {
  if (stored?.start !== undefined && bootOf(stored.name) === bootOf(identity.name)) {
    return identity.clock < stored.start;
  }
  return identity.at < decodeTime(startedAt);
}

/** The boot that is part of a name. */
export function bootOf(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** What has a meaning in the stored form, or is long, becomes a digest. */
function plain(text: string): string {
  if (/^[\w.,[\]/+-]{1,64}$/.test(text)) return text;
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32);
}
