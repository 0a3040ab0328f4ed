/**
 * The session key of B055: one text out of NAS-IP-Address, Calling-Station-Id and User-Name. Whoever has the same three
 * is the same device that comes back, anybody else is a second session.
 *
 * Normalised is only what is spelled in several ways for one and the same thing:
 *
 * - the NAS address: IPv6 in its canonical form, an IPv4 address inside IPv6 (`::ffff:192.0.2.1`) as IPv4;
 * - a calling station that is a MAC address (`AA-BB-CC-00-11-22`, `aabb.cc00.1122`): lower case with colons;
 * - one that is an address with the UDP port of an IKE client (`198.51.100.7[4500]`): without the port, which a NAT changes;
 * - Unicode: NFC. The user name keeps case and blanks, as it is compared when the connection is looked up.
 *
 * The parts are joined with `|`. That, `%`, `#` and control characters inside a part are percent-encoded, so no two
 * triples share a key, and the ordinary key is what a RADIUS server can write by itself:
 * `%{NAS-IP-Address}|%{Calling-Station-Id}|%{User-Name}`. A key longer than its column ends in a digest of the whole.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { HoldfastError } from '@holdfast/base';
import { canonicalIpv6 } from '../canonical-ipv6.ts';

export interface SessionIdentity {
  readonly nasIpAddress: string;
  readonly callingStationId: string;
  readonly userName: string;
}

/** Length of `active_session_locks.session_key`. */
const maxLength = 255;
const digestLength = 64;

/**
 * @throws HoldfastError TRUTH_INVALID - a part is empty, or the NAS address is none: such a key would be shared by
 *   devices that have nothing in common, and each would be taken for the other one coming back
 */
export function sessionKeyOf(identity: SessionIdentity): string {
  const nas = canonicalIp(identity.nasIpAddress.trim());
  const station = canonicalStation(identity.callingStationId.trim());
  const { userName } = identity;
  if (nas === undefined || station === '' || userName === '') throw incomplete(identity);
  const key = [nas, station, userName].map((part) => escapePart(part.normalize('NFC'))).join('|');
  if (key.length <= maxLength) return key;
  const digest = createHash('sha256').update(key, 'utf8').digest('hex');
  return `${wholeCharacters(key, maxLength - digestLength - 1)}#${digest}`;
}

function canonicalIp(address: string): string | undefined {
  const family = isIP(address);
  if (family !== 6) return family === 4 ? address : undefined;
  if (address.includes('%')) return undefined;
  const canonical = canonicalIpv6(address);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const bytes = [high, low]
    .map((word) => Number.parseInt(word, 16))
    .flatMap((word) => [word >> 8, word & 0xff]);
  return bytes.join('.');
}

function canonicalStation(station: string): string {
  const digits = station.replaceAll(/[-:.]/g, '');
  const isMac =
    /^(?:[0-9a-f]{2}([-:]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i;
  if (isMac.test(station)) return digits.toLowerCase().replaceAll(/..(?!$)/g, '$&:');
  const address = /^(?<ip>[0-9a-f.:]+)(?:\[\d{1,5}\])?$/i.exec(station)?.groups?.ip;
  return (address === undefined ? undefined : canonicalIp(address)) ?? station;
}

function escapePart(part: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be written in another way
  return part.replaceAll(/[|%#\u0000-\u001f\u007f]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** The first `length` UTF-16 units, or one less where that would cut a character in two. */
function wholeCharacters(text: string, length: number): string {
  return text.slice(0, length).toWellFormed() === text.slice(0, length)
    ? text.slice(0, length)
    : text.slice(0, length - 1);
}

function incomplete(identity: SessionIdentity): HoldfastError {
  const missing = Object.entries({ ...identity }).filter(([, value]) => value.trim() === '');
  const what =
    missing.length > 0
      ? `has no ${missing.map(([name]) => name).join(' and ')}`
      : 'has no usable NAS address';
  return new HoldfastError('TRUTH_INVALID', `a session that ${what} cannot be told from others`, {
    details: { ...identity },
  });
}
