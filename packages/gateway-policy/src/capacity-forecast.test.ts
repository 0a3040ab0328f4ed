import { describe, expect, test } from 'vitest';
import { capacityForecast } from './capacity-forecast.ts';
import { classIdOfSlot } from './class-id.ts';
import { uploadOf } from './direction.ts';

const shared = { layout: 'shared-device' } as const;

function classesOf(sessions: number, shards: number, named = (id: string) => id): Map<string, string> {
  return new Map(
    Array.from({ length: sessions }, (_, n) => {
      const slot = (n % shards) * 0x10000 + Math.floor(n / shards) + 1;
      return [named(classIdOfSlot(slot, shards)), '1Mbit'];
    }),
  );
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
      const { buildMs } = capacityForecast(shared, { classes: classesOf(sessions, shards) });
      expect(buildMs).toBeGreaterThan(measuredMs / 2);
      expect(buildMs).toBeLessThan(measuredMs * 2);
    },
  );

  test('tells the fullest shard of the two directions', () => {
    const classes = new Map([...classesOf(9, 4), ...classesOf(17, 4, uploadOf)]);
    expect(capacityForecast(shared, { classes })).toMatchObject({
      shaped: 26,
      fullestShard: { classes: 5, free: 65_528 },
    });
  });

  test('of an empty gateway costs nothing', () => {
    const forecast = capacityForecast(shared, { classes: new Map() });
    expect(forecast).toMatchObject({ shaped: 0, fullestShard: { classes: 0 }, buildMs: 0 });
  });

  test('with a device for each session one more always costs the same', () => {
    const perInterface = { layout: 'per-interface' } as const;
    const devices = (count: number) => new Map(Array.from({ length: count }, (_, n) => [`ppp${n}`, '1Mbit']));
    const [few, many] = [10, 10_000].map((count) =>
      capacityForecast(perInterface, { classes: devices(count) }),
    );
    expect(many?.addMs).toBe(few?.addMs);
    expect(many?.fullestShard).toBeNull();
  });
});
