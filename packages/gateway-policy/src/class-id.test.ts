import { describe, expect, test } from 'vitest';
import { classIdOfSlot, isShardCount, maxMinor, sessionMajor } from './class-id.ts';

describe('sessionMajor', () => {
  test('gives 256 shards 256 majors that collide neither with the root nor with each other', () => {
    const majors = Array.from({ length: 256 }, (_, shard) => sessionMajor(shard, 256));
    expect(new Set(majors).size).toBe(256);
    expect(Math.min(...majors)).toBe(3);
    expect(Math.max(...majors)).toBe(274);
  });

  test('of a shard does not depend on how many there are', () => {
    expect(sessionMajor(1, 2)).toBe(sessionMajor(1, 256));
  });
});

describe('classIdOfSlot', () => {
  test('gives different slots different classes', () => {
    const slots = [0, 1, 2, 254, 255].flatMap((shard) =>
      [1, 2, maxMinor].map((minor) => shard * 0x10000 + minor),
    );
    expect(new Set(slots.map((slot) => classIdOfSlot(slot, 256))).size).toBe(slots.length);
  });

  test('stands under the root without sharding', () => {
    expect(classIdOfSlot(0xab, 1)).toBe('1:ab');
  });
});

describe('isShardCount', () => {
  test('is true for the powers of two from 1 to 256 only', () => {
    const counts = Array.from({ length: 600 }, (_, count) => count - 10).filter(isShardCount);
    expect(counts).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
    expect(isShardCount(2.5)).toBe(false);
  });
});
