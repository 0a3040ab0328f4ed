/**
 * The addresses of a client as an accounting request tells them. NASes send some that are nobody's for "not known yet"
 * (0.0.0.0, 255.255.255.254): those are left out, as truth would refuse the whole report. Of a prefix only a single address
 * says where the client is.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { AccountingEvent } from './accounting-event.ts';

export interface ClientAddresses {
  readonly framedIp: string | null;
  /** In its canonical form, as truth has it. */
  readonly framedIpv6: string | null;
}

export function clientAddresses(
  event: Pick<AccountingEvent, 'framedIp' | 'framedIpv6' | 'prefix6'>,
): ClientAddresses {
  const { framedIp = '', framedIpv6, prefix6 = '' } = event;
  const address6 = framedIpv6 ?? /^(.+)\/128$/.exec(prefix6)?.[1] ?? '';
  return {
    framedIp: isOfClient4(framedIp) ? framedIp : null,
    framedIpv6: isIPv6(address6) ? ofClient6(address6) : null,
  };
}

function isOfClient4(text: string): boolean {
  const first = isIPv4(text) ? Number.parseInt(text, 10) : 0;
  return first > 0 && first < 224;
}

function ofClient6(text: string): string | null {
  if (text.includes('%')) return null;
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  return canonical === '::' || /^ff[0-9a-f]{2}:/.test(canonical) ? null : canonical;
}
