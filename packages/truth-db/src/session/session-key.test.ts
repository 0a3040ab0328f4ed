import { describe, expect, it } from 'vitest';
import { sessionKeyOf } from '../index.ts';

const identity = { nasIpAddress: '192.0.2.1', callingStationId: '198.51.100.7', userName: 'ana@vpn' };
const key = (change: Partial<typeof identity>) => sessionKeyOf({ ...identity, ...change });

describe('a session key', () => {
  it('is the three attributes with bars between them, as a RADIUS server would write it', () => {
    expect(sessionKeyOf(identity)).toBe('192.0.2.1|198.51.100.7|ana@vpn');
  });

  it.each([
    ['nasIpAddress', '192.0.2.2'],
    ['callingStationId', '198.51.100.8'],
    ['userName', 'Ana@vpn'],
    ['userName', 'ana@vpn '],
  ] as const)('differs when %s is %j', (part, value) => {
    expect(key({ [part]: value })).not.toBe(sessionKeyOf(identity));
  });

  it.each([
    ['nasIpAddress', '2001:DB8:0:0::1', '2001:db8::1'],
    ['nasIpAddress', '::ffff:192.0.2.1', '192.0.2.1'],
    ['nasIpAddress', ' 192.0.2.1', '192.0.2.1'],
    ['callingStationId', 'AA-BB-CC-00-11-22', 'aa:bb:cc:00:11:22'],
    ['callingStationId', 'aabb.cc00.1122', 'aa:bb:cc:00:11:22'],
    ['callingStationId', '198.51.100.7[4500]', '198.51.100.7'],
    ['callingStationId', '2001:DB8::7[4500]', '2001:db8::7'],
    ['userName', 'e\u0301', '\u00e9'],
  ] as const)('is the same for %s %j and %j', (part, one, other) => {
    expect(key({ [part]: one })).toBe(key({ [part]: other }));
  });

  it.each([
    ['+34 600', '+34 600'],
    ['AABB', 'AABB'],
    ['192.0.2.300', '192.0.2.300'],
    ['02:00', '02:00'],
  ])('keeps a calling station %j that is neither address nor MAC', (station, kept) => {
    expect(key({ callingStationId: station })).toBe(`192.0.2.1|${kept}|ana@vpn`);
  });

  it('is not shared by triples that only their separators tell apart', () => {
    const one = key({ callingStationId: 'a|b', userName: 'c' });
    expect(one).not.toBe(key({ callingStationId: 'a', userName: 'b|c' }));
    expect(one).toBe('192.0.2.1|a%7cb|c');
    expect(key({ userName: '%7c' })).not.toBe(key({ userName: '|' }));
  });

  it('fits its column whatever the length, and still differs at its very end', () => {
    const long = 'ñ'.repeat(250);
    const keys = [
      key({ userName: `${long}1` }),
      key({ userName: `${long}2` }),
      key({ userName: '👤'.repeat(125) }),
    ];
    expect(keys.map((each) => each.length <= 255 && each.isWellFormed())).toEqual([true, true, true]);
    expect(new Set(keys).size).toBe(3);
  });

  it.each([
    ['callingStationId', ''],
    ['callingStationId', '  '],
    ['userName', ''],
    ['nasIpAddress', ''],
    ['nasIpAddress', 'gw1'],
    ['nasIpAddress', 'fe80::1%eth0'],
  ] as const)('is refused when %s is %j, because strangers would share it', (part, value) => {
    expect(() => key({ [part]: value })).toThrow(expect.objectContaining({ code: 'TRUTH_INVALID' }));
  });
});
