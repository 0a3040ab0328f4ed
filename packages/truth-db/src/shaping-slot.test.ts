import { describe, expect, it } from 'vitest';
import { placeOf, shardOf, slotFor, slotsPerShard } from './shaping-slot.ts';
import { failureOf } from './testing/failure-of.ts';

describe('the shard of a session', () => {
  it.each([
    ['198.51.100.0', null, 256, 0],
    ['198.51.100.255', null, 256, 255],
    ['198.51.100.255', null, 4, 3],
    ['198.51.100.77', null, 1, 0],
    ['198.51.100.7', '2001:db8::8', 256, 7],
    [null, '2001:db8::8', 256, 8],
    [null, '2001:db8::', 256, 0],
    [null, '2001:db8:0:0:0:0:0:12ab', 256, 0xab],
    [null, '2001:db8::12AB', 256, 0xab],
    [null, '::ffff:198.51.100.9', 256, 9],
    [null, null, 256, undefined],
  ])('of %s and %s in %i shards is %s', (framedIp, framedIpv6, shards, shard) => {
    expect(shardOf({ framedIp, framedIpv6 }, shards)).toBe(shard);
  });

  it.each([
    ['198.51.100', null],
    ['2001:db8::1', null],
    ['198.51.100.07', null],
    ['', null],
    [null, '198.51.100.7'],
    [null, 'fe80::1%eth0'],
    [null, '2001:db8::g'],
  ])('of the address %j or %j is refused', async (framedIp, framedIpv6) => {
    const shard = async () => shardOf({ framedIp, framedIpv6 }, 256);
    expect(await failureOf(shard())).toEqual({ code: 'TRUTH_INVALID' });
  });
});

describe('a slot', () => {
  it.each([
    [0, 1],
    [255, slotsPerShard],
  ])('of shard %i and minor %i gives them back', (shard, minor) => {
    expect(placeOf(slotFor(shard, minor))).toEqual({ shard, minor });
  });
});
