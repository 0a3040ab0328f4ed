/**
 * RADIUS as a NAS speaks it: requests as bytes, and answers that are believed only if both of their signatures are right.
 * Written for tests alone, from the RFCs, so that no code of ours is the witness of itself.
 *
 * @see RFC 2865 §3 and §5.2, RFC 2866 §3, RFC 2869 §5.14, RFC 2548 §2
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';

/** Text is sent as UTF-8, a number as 32 bits, an address as its four or sixteen bytes; bytes as they are. */
export type AttributeValue = string | number | Uint8Array;
export type Attributes = readonly (readonly [AttributeName, AttributeValue])[];

type Kind = 'text' | 'integer' | 'address' | 'ipv6' | 'bytes';
interface AttributeKind {
  readonly type: number;
  readonly kind: Kind;
  readonly vendor?: number;
}

const microsoft = 311;
const wispr = 14_122;
const mikrotik = 14_988;

const dictionary = {
  'User-Name': { type: 1, kind: 'text' },
  'NAS-IP-Address': { type: 4, kind: 'address' },
  'NAS-Port': { type: 5, kind: 'integer' },
  'Service-Type': { type: 6, kind: 'integer' },
  'Framed-IP-Address': { type: 8, kind: 'address' },
  'Filter-Id': { type: 11, kind: 'text' },
  'Reply-Message': { type: 18, kind: 'text' },
  State: { type: 24, kind: 'bytes' },
  Class: { type: 25, kind: 'bytes' },
  'Session-Timeout': { type: 27, kind: 'integer' },
  'Called-Station-Id': { type: 30, kind: 'text' },
  'Calling-Station-Id': { type: 31, kind: 'text' },
  'NAS-Identifier': { type: 32, kind: 'text' },
  'Proxy-State': { type: 33, kind: 'bytes' },
  'Acct-Status-Type': { type: 40, kind: 'integer' },
  'Acct-Delay-Time': { type: 41, kind: 'integer' },
  'Acct-Input-Octets': { type: 42, kind: 'integer' },
  'Acct-Output-Octets': { type: 43, kind: 'integer' },
  'Acct-Session-Id': { type: 44, kind: 'text' },
  'Acct-Session-Time': { type: 46, kind: 'integer' },
  'Acct-Terminate-Cause': { type: 49, kind: 'integer' },
  'Acct-Input-Gigawords': { type: 52, kind: 'integer' },
  'Acct-Output-Gigawords': { type: 53, kind: 'integer' },
  'Event-Timestamp': { type: 55, kind: 'integer' },
  'EAP-Message': { type: 79, kind: 'bytes' },
  'Message-Authenticator': { type: 80, kind: 'bytes' },
  'Acct-Interim-Interval': { type: 85, kind: 'integer' },
  'NAS-Port-Id': { type: 87, kind: 'text' },
  'Framed-IPv6-Address': { type: 168, kind: 'ipv6' },
  'MS-CHAP-Response': { type: 1, kind: 'bytes', vendor: microsoft },
  'MS-CHAP-Error': { type: 2, kind: 'bytes', vendor: microsoft },
  'MS-CHAP-Challenge': { type: 11, kind: 'bytes', vendor: microsoft },
  'MS-MPPE-Send-Key': { type: 16, kind: 'bytes', vendor: microsoft },
  'MS-MPPE-Recv-Key': { type: 17, kind: 'bytes', vendor: microsoft },
  'MS-CHAP2-Response': { type: 25, kind: 'bytes', vendor: microsoft },
  'MS-CHAP2-Success': { type: 26, kind: 'bytes', vendor: microsoft },
  'MS-MPPE-Encryption-Policy': { type: 7, kind: 'integer', vendor: microsoft },
  'MS-MPPE-Encryption-Types': { type: 8, kind: 'integer', vendor: microsoft },
  'WISPr-Bandwidth-Max-Up': { type: 7, kind: 'integer', vendor: wispr },
  'WISPr-Bandwidth-Max-Down': { type: 8, kind: 'integer', vendor: wispr },
  'Mikrotik-Rate-Limit': { type: 8, kind: 'text', vendor: mikrotik },
} as const satisfies Readonly<Record<string, AttributeKind>>;

export type AttributeName = keyof typeof dictionary;

export const statusTypes = {
  Start: 1,
  Stop: 2,
  'Interim-Update': 3,
  'Accounting-On': 7,
  'Accounting-Off': 8,
} as const;

const codes = { access: 1, accounting: 4 } as const;
const answers = { 2: 'accept', 3: 'reject', 5: 'acknowledged', 11: 'challenge' } as const;

export interface RadiusRequest {
  readonly kind: keyof typeof codes;
  readonly secret: string;
  readonly identifier: number;
  readonly attributes: Attributes;
  /** User-Password, hidden as RFC 2865 §5.2 has it. */
  readonly password?: string | Uint8Array;
  /** Whether it has a Message-Authenticator. Default: an Access-Request has one, as its first attribute. */
  readonly isSigned?: boolean;
  /** Of an Access-Request: 16 bytes, random unless given. */
  readonly authenticator?: Uint8Array;
}

export interface RadiusAnswer {
  readonly kind: (typeof answers)[keyof typeof answers];
  /** Names in the order of the packet; what is in no dictionary is `type` or `vendor.type`. */
  readonly names: readonly string[];
  /** Values by name, in their order: texts, numbers, addresses, bytes as hex. */
  readonly values: Readonly<Record<string, readonly (string | number)[]>>;
  /** Whether a Message-Authenticator was there; a wrong one is an error. */
  readonly isSigned: boolean;
}

const headerLength = 20;
const zeros = Buffer.alloc(16);

/** The packet, byte for byte. */
export function encodeRadius(request: RadiusRequest): Buffer {
  const { kind, secret, identifier, password, isSigned = kind === 'access' } = request;
  const authenticator = kind === 'access' ? Buffer.from(request.authenticator ?? randomBytes(16)) : zeros;
  const parts = [
    ...(isSigned ? [attribute(dictionary['Message-Authenticator'], zeros)] : []),
    ...request.attributes.map(([name, value]) =>
      attribute(dictionary[name], bytesOf(dictionary[name].kind, value)),
    ),
    ...(password === undefined ? [] : [tlv(2, hidden(password, authenticator, secret))]),
  ];
  const body = Buffer.concat(parts);
  const packet = Buffer.concat([Buffer.from([codes[kind], identifier, 0, 0]), authenticator, body]);
  packet.writeUInt16BE(packet.length, 2);
  if (isSigned)
    createHmac('md5', secret)
      .update(packet)
      .digest()
      .copy(packet, headerLength + 2);
  if (kind === 'accounting') createHash('md5').update(packet).update(secret).digest().copy(packet, 4);
  return packet;
}

/** @throws Error when the answer is not one to this request, or not of somebody who knows the secret */
export function decodeRadius(datagram: Buffer, request: Buffer, secret: string): RadiusAnswer {
  const kind = answers[datagram[0] as keyof typeof answers];
  if (kind === undefined || datagram[1] !== request[1]) throw new Error('not an answer to this request');
  if (datagram.readUInt16BE(2) !== datagram.length) throw new Error('not as long as it says');
  const vector = request.subarray(4, headerLength);
  const body = datagram.subarray(headerLength);
  const expected = createHash('md5')
    .update(datagram.subarray(0, 4))
    .update(vector)
    .update(body)
    .update(secret)
    .digest();
  if (!expected.equals(datagram.subarray(4, headerLength)))
    throw new Error('the Response Authenticator is wrong');
  const names: string[] = [];
  const values: Record<string, (string | number)[]> = {};
  let isSigned = false;
  for (const { at, vendor, type, value } of attributesOf(datagram)) {
    const [name, known] = entryOf(vendor, type);
    names.push(name);
    values[name] = [...(values[name] ?? []), textOf(known?.kind ?? 'bytes', value)];
    if (name !== 'Message-Authenticator') continue;
    isSigned = true;
    const signed = Buffer.from(datagram);
    vector.copy(signed, 4);
    zeros.copy(signed, at);
    const signature = createHmac('md5', secret).update(signed).digest();
    if (!signature.equals(value)) throw new Error('the Message-Authenticator is wrong');
  }
  return { kind, names, values, isSigned };
}

function hidden(password: string | Uint8Array, authenticator: Buffer, secret: string): Buffer {
  const plain = Buffer.from(password);
  const padded = Buffer.alloc(Math.max(16, Math.ceil(plain.length / 16) * 16));
  plain.copy(padded);
  let previous = authenticator;
  const blocks: Buffer[] = [];
  for (let from = 0; from < padded.length; from += 16) {
    const key = createHash('md5').update(secret).update(previous).digest();
    previous = Buffer.from(padded.subarray(from, from + 16).map((byte, place) => byte ^ (key[place] ?? 0)));
    blocks.push(previous);
  }
  return Buffer.concat(blocks);
}

function attribute({ type, vendor }: AttributeKind, value: Buffer): Buffer {
  if (vendor === undefined) return tlv(type, value);
  const id = Buffer.alloc(4);
  id.writeUInt32BE(vendor);
  return tlv(26, Buffer.concat([id, tlv(type, value)]));
}

function tlv(type: number, value: Buffer): Buffer {
  if (value.length > 253) throw new Error(`an attribute of ${value.length} bytes`);
  return Buffer.concat([Buffer.from([type, value.length + 2]), value]);
}

function bytesOf(kind: Kind, value: AttributeValue): Buffer {
  if (typeof value === 'object') return Buffer.from(value);
  if (kind === 'address') return Buffer.from(String(value).split('.').map(Number));
  if (kind === 'ipv6') return ipv6Bytes(String(value));
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function ipv6Bytes(text: string): Buffer {
  const [head = '', tail = ''] = text.split('::');
  const words = (part: string) =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const [before, after] = [words(head), words(tail)];
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

function textOf(kind: Kind, value: Buffer): string | number {
  if (kind === 'integer') return value.readUInt32BE();
  if (kind === 'address') return value.join('.');
  return kind === 'text' ? value.toString('utf8') : value.toString('hex');
}

function* attributesOf(packet: Buffer) {
  for (let at = headerLength; at < packet.length; ) {
    const [type = 0, length = 0] = packet.subarray(at, at + 2);
    if (length < 2 || at + length > packet.length) throw new Error('an attribute ends outside of the packet');
    const isVendor = type === 26;
    const from = at + (isVendor ? 8 : 2);
    yield {
      at: from,
      vendor: isVendor ? packet.readUInt32BE(at + 2) : undefined,
      type: isVendor ? (packet[at + 6] ?? 0) : type,
      value: packet.subarray(from, at + length),
    };
    at += length;
  }
}

function entryOf(vendor: number | undefined, type: number): readonly [string, AttributeKind | undefined] {
  const all: readonly (readonly [string, AttributeKind])[] = Object.entries(dictionary);
  const found = all.find(([, kind]) => kind.type === type && kind.vendor === vendor);
  return found ?? [vendor === undefined ? `${type}` : `${vendor}.${type}`, undefined];
}
