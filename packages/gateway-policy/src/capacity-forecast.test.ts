import { slotsPerShard } from '@holdfast/truth-db';
import { describe, expect, test } from 'vitest';
import { capacityForecast, capacityWarnings } from './capacity-forecast.ts';
import { classIdOfSlot } from './class-id.ts';
import { uploadOf } from './direction.ts';

const shared = (shards: number) => ({ layout: 'shared-device', shards }) as const;

function slotsOf(sessions: number, shards: number): readonly number[] {
  return Array.from({ length: sessions }, (_, n) => (n % shards) * 0x10000 + Math.floor(n / shards) + 1);
}

function classesOf(slots: readonly number[], shards: number, named = (id: string) => id) {
  return new Map(slots.map((slot) => [named(classIdOfSlot(slot, shards)), '1Mbit']));
}

function forecast(sessions: number, shards: number) {
  const slots = slotsOf(sessions, shards);
  const rows = slots.map((shapingSlot) => ({ shapingSlot }));
  return capacityForecast(shared(shards), { classes: classesOf(slots, shards) }, rows);
}

describe('capacityForecast', () => {
  test.each([
    [5_000, 1, 1_400],
    [10_000, 1, 4_900],
    [10_000, 256, 470],
    [50_000, 256, 15_000],
  ])(
    'of %d sessions in %d shards is within a factor of two of the %d ms measured',
    (sessions, shards, measuredMs) => {
      const { buildMs } = forecast(sessions, shards);
      expect(buildMs).toBeGreaterThan(measuredMs / 2);
      expect(buildMs).toBeLessThan(measuredMs * 2);
    },
  );

  test('counts both directions, and the slots of every session whether it is limited or not', () => {
    const slots = slotsOf(17, 4);
    const classes = new Map([...classesOf(slots.slice(0, 9), 4), ...classesOf(slots, 4, uploadOf)]);
    const rows = [...slots, null].map((shapingSlot) => ({ shapingSlot }));
    expect(capacityForecast(shared(4), { classes }, rows)).toMatchObject({
      shaped: 26,
      slots: {
        used: 17,
        free: 4 * slotsPerShard - 17,
        fullest: { shard: 0, used: 5, free: slotsPerShard - 5 },
      },
    });
  });

  test('of an empty gateway costs nothing', () => {
    const { shaped, slots, buildMs } = forecast(0, 4);
    expect({ shaped, buildMs, used: slots?.used, most: slots?.fullest.used }).toEqual({
      shaped: 0,
      buildMs: 0,
      used: 0,
      most: 0,
    });
  });

  test('with a device for each session one more always costs the same', () => {
    const perInterface = { layout: 'per-interface', shards: 256 } as const;
    const devices = (count: number) => new Map(Array.from({ length: count }, (_, n) => [`ppp${n}`, '1Mbit']));
    const [few, many] = [10, 10_000].map((count) =>
      capacityForecast(perInterface, { classes: devices(count) }, []),
    );
    expect(many?.addMs).toBe(few?.addMs);
    expect(many?.slots).toBeNull();
  });
});

describe('capacityWarnings', () => {
  const use = (used: number, shards: number) => {
    const fullest = { shard: 3, used, free: slotsPerShard - used };
    const slots = { used, free: shards * slotsPerShard - used, fullest };
    return capacityWarnings({ shaped: used, slots, buildMs: 0, addMs: 0 }, shared(shards));
  };

  test('come before a shard is full, not as long as a tenth of it is free', () => {
    expect(use(Math.floor(slotsPerShard * 0.9), 256)).toEqual([]);
    const [warning = ''] = use(Math.ceil(slotsPerShard * 0.9), 256);
    expect(warning).toContain('shard 3 is nearly full: 58980 of 65533 slots');
  });

  test('come when a build takes minutes and more shards would help', () => {
    const { slots } = forecast(1, 1);
    const long = { shaped: 50_000, slots, buildMs: 140_000, addMs: 5 };
    expect(capacityWarnings(long, shared(1))).toEqual([expect.stringContaining('about 140 s')]);
    expect(capacityWarnings(long, shared(256))).toEqual([]);
  });
});
