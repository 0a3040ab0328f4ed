/** What `vpn-policy-hook` writes, read back. All of it is untrusted: a client chooses its own name. */
import { isGatewayName } from '@holdfast/truth-db';
import { canonicalAddress, familyOf, isClientAddress } from '../address.ts';
import { isDeviceName } from '../device-name.ts';
import { EventValues, Malformed } from './event-values.ts';

export interface SpoolEvent {
  /** Which daemon: `pppd`, `accel-ppp`, `strongswan`, `openvpn`, or `event` for whoever calls the hook by hand. */
  readonly source: string;
  readonly verb: 'up' | 'down' | 'change';
  /** Undefined when it is longer than any name that a client can log in with. */
  readonly user: string | undefined;
  /** How the daemon names the session. */
  readonly session: string;
  readonly ifname: string | undefined;
  /** Canonical, as every address here. */
  readonly framedIp: string | undefined;
  readonly framedIpv6: string | undefined;
  /** Where the client comes from. */
  readonly caller: string | undefined;
  /** The family that the verb is about, where the daemon tells them apart. */
  readonly part: 4 | 6 | undefined;
  readonly gateway: string | undefined;
  /** Undefined where the hook saw no /proc. */
  readonly boot: { readonly id: string; readonly uptimeMs: number } | undefined;
  /** Keys that have no meaning here. */
  readonly other: ReadonlyMap<string, string>;
}

export type ParsedEvent =
  | { readonly kind: 'event'; readonly event: SpoolEvent }
  | { readonly kind: 'malformed'; readonly because: string };

/** Reads one event. Pure; keys that it does not know are kept, and a value that cannot be used spoils the whole. */
export function parseEvent(file: Uint8Array): ParsedEvent {
  try {
    return { kind: 'event', event: readEvent(new EventValues(file)) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed', because: error.message };
    throw error;
  }
}

function readEvent(values: EventValues): SpoolEvent {
  values.required('v', (text) => (text === '1' ? text : undefined));
  const user = values.required('user', nonEmpty);
  return {
    source: values.required('source', (text) => (/^[a-z][a-z0-9-]{0,31}$/.test(text) ? text : undefined)),
    verb: values.required('verb', (text) => verbs.find((verb) => verb === text)),
    user: values.cut.has('user') ? undefined : user,
    session: values.required('session', nonEmpty),
    ifname: values.optional('ifname', (text) => (isDeviceName(text) ? text : undefined)),
    framedIp: values.optional('framed_ip', (text) => addressOf(text, 4)),
    framedIpv6: values.optional('framed_ipv6', (text) => addressOf(text, 6)),
    caller: values.take('caller'),
    part: values.optional('part', (text) => parts.find((part) => String(part) === text)),
    gateway: values.optional('gateway', (text) => (isGatewayName(text) ? text : undefined)),
    boot: bootOf(values),
    other: values.rest(),
  };
}

const verbs = ['up', 'down', 'change'] as const;
const parts = [4, 6] as const;

function nonEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function addressOf(text: string, family: 4 | 6): string | undefined {
  const address = canonicalAddress(text);
  const isUsable = address !== undefined && familyOf(address) === family && isClientAddress(address);
  return isUsable ? address : undefined;
}

function bootOf(values: EventValues): SpoolEvent['boot'] {
  const id = values.optional('boot', (text) => {
    return /^[0-9a-f-]{32,36}$/.test(text) ? text.replaceAll('-', '') : undefined;
  });
  const seconds = values.optional('uptime', (text) =>
    /^\d{1,10}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined,
  );
  return id === undefined || seconds === undefined
    ? undefined
    : { id, uptimeMs: Math.round(seconds * 1_000) };
}
