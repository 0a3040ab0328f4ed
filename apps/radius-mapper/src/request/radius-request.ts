/** What FreeRADIUS tells with each request: who is meant, and where it comes from. */
import { type Fields, invalidRequest } from './fields.ts';
import { canonicalIp } from './ip-address.ts';

export interface RadiusRequest {
  /** User-Name, exactly; empty where there is none. */
  readonly user: string;
  /** Where the packet came from, as canonical text of an address. */
  readonly src: string;
  /** NAS-IP-Address or NAS-IPv6-Address, canonical; empty without one. */
  readonly nasIp: string;
  readonly nasId: string;
  readonly port: string;
  /** Calling-Station-Id. */
  readonly caller: string;
  /** Called-Station-Id. */
  readonly called: string;
  /** Acct-Session-Id. */
  readonly sid: string;
  /** Packet-Authentication-Vector, `0x` and 32 digits: which request it is. */
  readonly req: string;
}

const vector = /^0x[0-9a-f]{32}$/i;

/** @throws HoldfastError REQUEST_INVALID */
export function decodeRequest(fields: Fields): RadiusRequest {
  const req = fields.exact('req');
  if (!vector.test(req)) throw invalidRequest('req is no authentication vector');
  return { ...decodeSender(fields), called: fields.text('called'), req };
}

/** @throws HoldfastError REQUEST_INVALID */
export function decodeSender(fields: Fields): Omit<RadiusRequest, 'req' | 'called'> {
  const src = canonicalIp(fields.exact('src'));
  if (src === undefined) throw invalidRequest('src is no address');
  const nas = fields.text('nas_ip');
  const nasIp = nas === '' ? '' : canonicalIp(nas);
  if (nasIp === undefined) throw invalidRequest('nas_ip is no address');
  return {
    user: fields.exact('user'),
    src,
    nasIp,
    nasId: fields.text('nas_id'),
    port: fields.text('port'),
    caller: fields.text('caller'),
    sid: fields.text('sid'),
  };
}
