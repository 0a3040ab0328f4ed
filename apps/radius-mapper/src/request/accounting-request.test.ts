/** Bodies of accounting requests. */
import { describe, expect, it } from 'vitest';
import { bodyOf, commonBody } from '../testing/mapper-world.ts';
import { decodeAccounting } from './accounting-request.ts';

const now = Date.UTC(2026, 10, 21, 12);
const token = '068868f2-df71-4a4a-9b6e-70ae0173659a';
const classOf = (text: string) => `0x${Buffer.from(text).toString('hex')}`;

const accounting = {
  status: 'Start',
  class: classOf(token),
  at: now / 1_000,
  delay: 0,
  seconds: 0,
  in: 0,
  out: 0,
  cause: '',
  ip: '198.51.100.7',
  ip6: '',
  prefix6: '',
};

const decode = (more: Readonly<Record<string, unknown>> = {}) =>
  decodeAccounting(bodyOf(commonBody(1, { ...accounting, ...more })), now);

describe('an accounting request', () => {
  it('is read whole', () => {
    const more = {
      status: 'Stop',
      sid: 's1',
      seconds: 60,
      in: 17_179_869_183,
      out: 5,
      cause: 'User-Request',
    };
    const addresses = { ip6: '2001:DB8::1', prefix6: '2001:db8:1:0::/64' };
    expect(decode({ ...more, ...addresses })).toEqual({
      kind: 'stop',
      status: 'Stop',
      user: 'user0',
      src: '127.0.0.1',
      nasIp: '10.0.0.1',
      nasId: 'nas',
      port: '7',
      caller: 'device-1',
      sid: 's1',
      holderToken: token,
      atMs: now,
      receivedMs: now,
      framedIp: '198.51.100.7',
      framedIpv6: '2001:db8::1',
      prefix6: '2001:db8:1::/64',
      cause: 'User-Request',
      counters: { seconds: 60, inBytes: 17_179_869_183, outBytes: 5 },
    });
  });

  it('survives JSON', () => {
    expect(JSON.parse(JSON.stringify(decode()))).toEqual(decode());
  });

  it.each([
    ['Start', 'start'],
    ['Interim-Update', 'interim'],
    ['Alive', 'interim'],
    ['Stop', 'stop'],
    ['Accounting-On', 'nas-on'],
    ['Accounting-Off', 'nas-off'],
    ['Tunnel-Start', 'other'],
    ['Failed', 'other'],
    ['constructor', 'other'],
    ['', 'other'],
  ])('%j is of the kind %s', (status, kind) => {
    expect(decode({ status }).kind).toBe(kind);
  });

  it.each([
    ['on time', { at: now / 1_000 - 30, delay: 30 }, now - 30_000],
    ['a little ahead', { at: now / 1_000 + 300 }, now + 300_000],
    ['too far ahead', { at: now / 1_000 + 301, delay: 7 }, now - 7_000],
    ['a day old', { at: now / 1_000 - 86_400 }, now - 86_400_000],
    ['older than a day', { at: now / 1_000 - 86_401, delay: 7 }, now - 7_000],
    ['of 1970', { at: 0, delay: 0 }, now],
    ['absent', { at: null, delay: 9 }, now - 9_000],
    ['absent, with a delay of years', { at: null, delay: 4_294_967_295 }, now],
  ])('whose time is %s happened then', (_what, more, expected) => {
    expect(decode(more).atMs).toBe(expected);
  });

  it.each([
    ['none', ''],
    ['of somebody else', classOf('group=staff')],
    ['with more behind it', classOf(`${token}x`)],
    ['in upper case', classOf(token.toUpperCase())],
    ['of half a byte', `${classOf(token)}0`],
    ['no bytes', token],
  ])('with a Class that is %s has no token', (_what, value) => {
    expect(decode({ class: value })).not.toHaveProperty('holderToken');
  });

  it.each([
    ['framedIp', { ip: 'x' }],
    ['framedIp', { ip: '' }],
    ['framedIpv6', { ip6: 'fe80::1%eth0' }],
    ['prefix6', { prefix6: '2001:db8::/129' }],
    ['prefix6', { prefix6: '192.0.2.0/24' }],
  ])('leaves out %s of %j', (field, more) => {
    expect(decode({ ip: '', ...more })).not.toHaveProperty(field);
  });

  it('without a user is one of a NAS', () => {
    expect(decode({ user: '', status: 'Accounting-On' })).toMatchObject({ user: '', kind: 'nas-on' });
  });

  it('cuts counters that are too large to be exact', () => {
    const body = JSON.stringify(commonBody(1, accounting)).replace('"in":0', '"in":18446744073709551615');
    expect(decodeAccounting(Buffer.from(body), now).counters.inBytes).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([{ in: -1 }, { in: '5' }, { at: {} }, { status: 5 }, { src: 'x' }])(
    'with %j is refused',
    (more) => {
      expect(() => decode(more)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    },
  );
});
