/** Requests and answers as bytes. Whether others read them in the same way is for `tests/policy/nas-freeradius.test.ts`. */
import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeAttribute, isAttributeText, type NasAttribute } from './radius-attribute.ts';
import { decodeReply, encodeRequest } from './radius-packet.ts';

const secret = createSecretKey('secret', 'utf8');
const request = encodeRequest({
  kind: 'disconnect',
  identifier: 9,
  attributes: [{ name: 'User-Name', value: 'ana' }],
  secret,
});

/** As a NAS makes it, signed in both ways. */
function reply(code: number, attributes: readonly number[] = [], mayBeSigned = true, id = 9): Buffer {
  const signature = mayBeSigned ? [80, 18, ...Array<number>(16).fill(0)] : [];
  const packet = Buffer.from([code, id, 0, 0, ...request.subarray(4, 20), ...signature, ...attributes]);
  packet.writeUInt16BE(packet.length, 2);
  if (mayBeSigned) packet.set(createHmac('md5', 'secret').update(packet).digest(), 22);
  packet.set(createHash('md5').update(packet).update('secret').digest(), 4);
  return packet;
}

const cause503 = [101, 6, 0, 0, 1, 247];
const unverified = { kind: 'unverified' };
const decode = (datagram: Uint8Array) => decodeReply(datagram, request, secret);

describe('a request', () => {
  it('is the code, the identifier, the length, two signatures and its attributes', () => {
    expect(request.subarray(0, 4)).toEqual(Buffer.from([40, 9, 0, 43]));
    expect(request.subarray(20, 22)).toEqual(Buffer.from([80, 18]));
    expect(request.subarray(38)).toEqual(Buffer.from([1, 5, ...Buffer.from('ana')]));
  });

  it('is the same bytes for the same request', () => {
    const attributes: readonly NasAttribute[] = [{ name: 'User-Name', value: 'ana' }];
    expect(encodeRequest({ kind: 'disconnect', identifier: 9, attributes, secret })).toEqual(request);
  });

  it.each([
    [{ name: 'User-Name', value: 'zoë' } as const, [1, 6, 122, 111, 195, 171]],
    [{ name: 'Framed-IP-Address', value: '10.0.0.255' } as const, [8, 6, 10, 0, 0, 255]],
    [
      { name: 'WISPr-Bandwidth-Max-Down', value: 0xffff_ffff } as const,
      [26, 12, 0, 0, 55, 42, 8, 6, 255, 255, 255, 255],
    ],
    [{ name: 'Mikrotik-Rate-Limit', value: '1k/0' } as const, [26, 12, 0, 0, 58, 140, 8, 6, 49, 107, 47, 48]],
  ])('has its attributes as their definition says: %j', (attribute, bytes) => {
    expect([...encodeAttribute(attribute)]).toEqual(bytes);
  });

  it.each([
    { name: 'User-Name', value: '' } as const,
    { name: 'User-Name', value: 'x'.repeat(254) } as const,
    { name: 'Framed-IP-Address', value: '10.0.0' } as const,
    { name: 'Framed-IP-Address', value: '10.0.0.256' } as const,
    { name: 'Event-Timestamp', value: 2 ** 32 } as const,
    { name: 'Event-Timestamp', value: 1.5 } as const,
  ])('is not made of values that no attribute can have: $name', (attribute) => {
    expect(() => encodeAttribute(attribute)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });

  it('has room for a text of 253 bytes', () => {
    expect([1, 253, 254].map((length) => isAttributeText('x'.repeat(length)))).toEqual([true, true, false]);
    expect([126, 127].map((length) => isAttributeText('é'.repeat(length)))).toEqual([true, false]);
    expect(isAttributeText('')).toBe(false);
  });
});

describe('an answer', () => {
  it('is an ACK, or a NAK with its cause', () => {
    expect(decode(reply(41))).toEqual({ kind: 'ack' });
    expect(decode(reply(41, [], false))).toEqual({ kind: 'ack' });
    expect(decode(reply(42, cause503))).toEqual({ kind: 'nak', errorCause: 503 });
    expect(decode(reply(42))).toEqual({ kind: 'nak', errorCause: null });
    expect(decode(reply(42, [101, 4, 1, 247]))).toEqual({ kind: 'nak', errorCause: null });
  });

  it('may be signed over zeros where the authenticator of the request belongs', () => {
    const packet = reply(41);
    packet.fill(0, 4, 20).fill(0, 22, 38);
    packet.set(createHmac('md5', 'secret').update(packet).digest(), 22);
    packet.set(request.subarray(4, 20), 4);
    packet.set(createHash('md5').update(packet).update('secret').digest(), 4);
    expect(decode(packet)).toEqual({ kind: 'ack' });
  });

  it('ends where it says, whatever follows it', () => {
    expect(decode(Buffer.concat([reply(41), Buffer.from('padding')]))).toEqual({ kind: 'ack' });
  });

  it('is nothing when any of its bits is another one', () => {
    for (const whole of [reply(41), reply(42, cause503), reply(42, cause503, false)]) {
      for (let bit = 0; bit < whole.length * 8; bit += 1) {
        const changed = Buffer.from(whole);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(decode(changed), `bit ${bit}`).toEqual(unverified);
      }
      for (let length = 0; length < whole.length; length += 1) {
        expect(decode(whole.subarray(0, length)), `${length} bytes`).toEqual(unverified);
      }
    }
  });

  it('is nothing when it is rightly signed and still not in order', () => {
    const wrong = [
      reply(44), // of the other kind
      reply(40), // a request
      reply(41, [], true, 8), // to another request
      reply(2), // an Access-Accept
      reply(41, [101, 1]), // an attribute shorter than its header
      reply(41, [101, 9, 0]), // one that ends behind the packet
      reply(41, [101]), // half a header
      reply(41, [80, 18, ...Array<number>(16).fill(0)]), // two signatures
    ];
    for (const packet of wrong) expect(decode(packet)).toEqual(unverified);
  });

  it('is nothing without the secret, for another request, or out of thin air', () => {
    expect(decodeReply(reply(41), request, createSecretKey('secreT', 'utf8'))).toEqual(unverified);
    const other = encodeRequest({ kind: 'disconnect', identifier: 9, attributes: [], secret });
    expect(decodeReply(reply(41), other, secret)).toEqual(unverified);
    for (let length = 0; length < 200; length += 1) {
      expect(decode(Buffer.alloc(length, createHash('sha256').update(`${length}`).digest()))).toEqual(
        unverified,
      );
    }
  });
});
