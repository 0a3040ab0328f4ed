/**
 * What the gateway has asked the NAS for: FreeRADIUS, which listens in its place, has verified it, answered it, and written
 * it down.
 */
import { existsSync, readFileSync } from 'node:fs';

export interface NasOrder {
  readonly kind: 'disconnect' | 'change';
  readonly user: string;
  /** Acct-Session-Id. */
  readonly session: string;
  /** What the session gets, in words. */
  readonly attributes: string;
}

/** @returns a function that gives what is new since it was called last */
export function nasOrders(path: string): () => readonly NasOrder[] {
  let read = 0;
  return () => {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const end = text.lastIndexOf('\n') + 1;
    const lines = text.slice(read, end).split('\n').filter(Boolean);
    read = end;
    return lines.map(orderOf);
  };
}

function orderOf(line: string): NasOrder {
  const [packet, user = '', session = '', filter = '', down, up] = line.split('|');
  return {
    kind: packet === 'Disconnect-Request' ? 'disconnect' : 'change',
    user,
    session,
    attributes: `${filter}, ${rateOf(down)} down, ${rateOf(up)} up`,
  };
}

/** What stands for no limit where a rate is a whole number of 32 bits. */
const unlimited = '4294967295';

/** @param bits - a second */
function rateOf(bits = ''): string {
  return bits === unlimited ? 'unlimited' : `${Number(bits) / 1_000} kbit/s`;
}
