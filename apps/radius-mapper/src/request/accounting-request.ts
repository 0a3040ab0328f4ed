/** An accounting request: from the body of FreeRADIUS to an event. */
import type { AccountingEvent, AccountingKind } from '../accounting/accounting-event.ts';
import { Fields } from './fields.ts';
import { canonicalIp } from './ip-address.ts';
import { decodeSender } from './radius-request.ts';

const kinds: Readonly<Record<string, AccountingKind>> = {
  Start: 'start',
  'Interim-Update': 'interim',
  Alive: 'interim',
  Stop: 'stop',
  'Accounting-On': 'nas-on',
  'Accounting-Off': 'nas-off',
};

/** How far the clock of a NAS may be ahead of ours, and how late it may tell. */
const aheadMs = 5 * 60_000;
const behindMs = 86_400_000;

/**
 * Addresses and a Class that are none of ours are left out: whoever has sent them would send them again.
 *
 * @param receivedMs - wall clock, in milliseconds since the Unix epoch
 * @throws HoldfastError REQUEST_INVALID
 */
export function decodeAccounting(body: Buffer, receivedMs: number): AccountingEvent {
  const fields = new Fields(body);
  const status = fields.text('status');
  const holderToken = tokenOf(fields.text('class'));
  const framedIp = canonicalIp(fields.text('ip'));
  const framedIpv6 = canonicalIp(fields.text('ip6'));
  const prefix6 = prefixOf(fields.text('prefix6'));
  return {
    kind: Object.hasOwn(kinds, status) ? (kinds[status] ?? 'other') : 'other',
    status,
    ...decodeSender(fields),
    ...(holderToken !== undefined && { holderToken }),
    atMs: momentOf({ at: fields.count('at'), delay: fields.count('delay'), receivedMs }),
    receivedMs,
    ...(framedIp !== undefined && { framedIp }),
    ...(framedIpv6 !== undefined && { framedIpv6 }),
    ...(prefix6 !== undefined && { prefix6 }),
    cause: fields.text('cause'),
    counters: {
      seconds: fields.count('seconds') ?? 0,
      inBytes: fields.count('in') ?? 0,
      outBytes: fields.count('out') ?? 0,
    },
  };
}

/**
 * When it happened. Event-Timestamp is the moment of the event (RFC 2869 §5.3) and already behind by what Acct-Delay-Time tells; one
 * that cannot be, because the clock of the NAS is wrong, gives way to our receipt less the delay.
 */
function momentOf({
  at,
  delay = 0,
  receivedMs,
}: {
  at?: number | undefined;
  delay?: number | undefined;
  receivedMs: number;
}): number {
  const isPossible = (ms: number) => ms <= receivedMs + aheadMs && ms >= receivedMs - behindMs;
  if (at !== undefined && isPossible(at * 1_000)) return at * 1_000;
  const sentMs = receivedMs - delay * 1_000;
  return isPossible(sentMs) ? sentMs : receivedMs;
}

const token = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param value - the bytes as FreeRADIUS prints them, `0x` and digits */
function tokenOf(value: string): string | undefined {
  const digits = /^0x((?:[0-9a-f]{2})+)$/i.exec(value)?.[1];
  if (digits === undefined) return undefined;
  const text = Buffer.from(digits, 'hex').toString('latin1');
  return token.test(text) ? text : undefined;
}

function prefixOf(value: string): string | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  const canonical = canonicalIp(address);
  return canonical?.includes(':') === true && Number(length) <= 128
    ? `${canonical}/${Number(length)}`
    : undefined;
}
