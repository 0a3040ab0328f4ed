/**
 * Requests of RFC 5176 and the answers to them, as bytes. A request is signed twice, by its Request Authenticator and by a
 * Message-Authenticator that comes first; of an answer nothing is believed before its Response Authenticator is right.
 *
 * @see RFC 5176 §2.3 and §3, RFC 2869 §5.14, RFC 2865 §3
 */
import { createHash, createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { encodeAttribute, type NasAttribute } from './radius-attribute.ts';

export type NasRequestKind = 'disconnect' | 'coa';

export interface NasRequest {
  readonly kind: NasRequestKind;
  /** 0 to 255, by which the answer finds its request. */
  readonly identifier: number;
  readonly attributes: readonly NasAttribute[];
  readonly secret: KeyObject;
}

export type NasReply =
  | { readonly kind: 'ack' }
  /** With the Error-Cause, where the NAS gave one. */
  | { readonly kind: 'nak'; readonly errorCause: number | null }
  /** Nothing that the NAS itself has sent in answer to this request, or it has another secret. */
  | { readonly kind: 'unverified' };

const codes = {
  disconnect: { request: 40, ack: 41, nak: 42 },
  coa: { request: 43, ack: 44, nak: 45 },
} as const;

const headerLength = 20;
const authenticatorAt = 4;
const authenticatorLength = 16;
const maxLength = 4_096;
const messageAuthenticator = 80;
const errorCause = 101;

/** The whole packet. Sending it again is sending these bytes again. */
export function encodeRequest({ kind, identifier, attributes, secret }: NasRequest): Buffer {
  const header = Buffer.alloc(headerLength);
  const signature = Buffer.alloc(2 + authenticatorLength);
  signature.set([messageAuthenticator, signature.length]);
  const packet = Buffer.concat([header, signature, ...attributes.map(encodeAttribute)]);
  packet.set([codes[kind].request, identifier]);
  packet.writeUInt16BE(packet.length, 2);
  packet.set(hmacOf(packet, secret), headerLength + 2);
  packet.set(digestOf(packet, secret), authenticatorAt);
  return packet;
}

/**
 * What a datagram says in answer to `request`.
 *
 * @param request - the packet as it was sent
 */
export function decodeReply(datagram: Uint8Array, request: Buffer, secret: KeyObject): NasReply {
  const unverified = { kind: 'unverified' } as const;
  const packet = wholePacket(datagram);
  if (packet === undefined) return unverified;
  const kind = request[0] === codes.coa.request ? 'coa' : 'disconnect';
  const { ack, nak } = codes[kind];
  const isAnswer = packet[1] === request[1] && (packet[0] === ack || packet[0] === nak);
  if (!isAnswer || !isSigned(packet, request, secret)) return unverified;
  const attributes = attributesOf(packet);
  if (attributes === undefined || !isMessageSigned(packet, attributes, request, secret)) return unverified;
  if (packet[0] === ack) return { kind: 'ack' };
  const cause = attributes.find(({ type, length }) => type === errorCause && length === 6);
  return { kind: 'nak', errorCause: cause === undefined ? null : packet.readUInt32BE(cause.at + 2) };
}

/** The packet without what may follow it, which is to be ignored; undefined when it is none. */
function wholePacket(datagram: Uint8Array): Buffer | undefined {
  if (datagram.length < headerLength) return undefined;
  const bytes = Buffer.from(datagram);
  const length = bytes.readUInt16BE(2);
  if (length < headerLength || length > maxLength || length > bytes.length) return undefined;
  return bytes.subarray(0, length);
}

/** Response Authenticator: MD5 over the answer with the authenticator of the request in its place, and the secret. */
function isSigned(packet: Buffer, request: Buffer, secret: KeyObject): boolean {
  const expected = digestOf(withAuthenticatorOf(request, packet), secret);
  return timingSafeEqual(expected, packet.subarray(authenticatorAt, headerLength));
}

interface Attribute {
  readonly type: number;
  /** Its two bytes of header included. */
  readonly length: number;
  /** Where it begins. */
  readonly at: number;
}

/** Undefined when they do not end where the packet does. */
function attributesOf(packet: Buffer): readonly Attribute[] | undefined {
  const attributes: Attribute[] = [];
  let at = headerLength;
  while (at + 2 <= packet.length) {
    const [type = 0, length = 0] = packet.subarray(at, at + 2);
    if (length < 2) return undefined;
    attributes.push({ type, length, at });
    at += length;
  }
  return at === packet.length ? attributes : undefined;
}

/**
 * Many a NAS sends none; one that is there has to be right. It is made with the authenticator of the request in its place
 * (RFC 5176 §3.4), or, by FreeRADIUS up to 3.2, with zeros there: both only by who knows the secret, and what ties the
 * answer to its request is the Response Authenticator.
 */
function isMessageSigned(
  packet: Buffer,
  attributes: readonly Attribute[],
  request: Buffer,
  secret: KeyObject,
): boolean {
  const [signature, ...others] = attributes.filter(({ type }) => type === messageAuthenticator);
  if (signature === undefined) return true;
  if (others.length > 0 || signature.length !== 2 + authenticatorLength) return false;
  const from = signature.at + 2;
  const claimed = packet.subarray(from, from + authenticatorLength);
  const signed = withAuthenticatorOf(request, packet).fill(0, from, from + authenticatorLength);
  const isByRule = timingSafeEqual(hmacOf(signed, secret), claimed);
  signed.fill(0, authenticatorAt, headerLength);
  return isByRule || timingSafeEqual(hmacOf(signed, secret), claimed);
}

function withAuthenticatorOf(request: Buffer, packet: Buffer): Buffer {
  const copy = Buffer.from(packet);
  copy.set(request.subarray(authenticatorAt, headerLength), authenticatorAt);
  return copy;
}

function hmacOf(packet: Buffer, secret: KeyObject): Buffer {
  return createHmac('md5', secret).update(packet).digest();
}

function digestOf(packet: Buffer, secret: KeyObject): Buffer {
  return createHash('md5').update(packet).update(secret.export()).digest();
}
