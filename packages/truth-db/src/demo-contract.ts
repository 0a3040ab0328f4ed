/** The demo data. */
import { expect, it } from 'vitest';
import { readGatewaySnapshot, seedDemo, type Truth } from './index.ts';
import { now } from './testing/session-world.ts';
import { withGateway } from './testing/truth-rows.ts';

export function demoHolds(truth: () => Truth): void {
  const demo = { gateway: 'demo', device: 'wg0', now } as const;

  it('the demo is added once and is the same every time', async () => {
    expect(await seedDemo(truth(), demo)).toBe(true);
    const first = await readGatewaySnapshot(truth(), 'demo', now);
    expect(await seedDemo(truth(), { ...demo, now: now + 1 })).toBe(false);
    expect(await readGatewaySnapshot(truth(), 'demo', now)).toEqual(first);
    expect(first?.newestTrigger).toBe(1);
    expect(first?.sessions).toHaveLength(6);
    expect(first?.sessions.map((row) => row.restrictedEffective)).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(first?.sessions.map((row) => row.downKbit)).toEqual([50_000, 20_000, null, 2_000, 10_000, 5_000]);
  });

  it('a gateway that exists is not touched by the demo of its name', async () => {
    await withGateway(truth(), 'demo');
    expect(await seedDemo(truth(), demo)).toBe(false);
    expect(await truth().db.selectFrom('customers').select('id').execute()).toEqual([]);
  });

  it('demos of two gateways share a database', async () => {
    await seedDemo(truth(), demo);
    expect(await seedDemo(truth(), { ...demo, gateway: 'demo2' })).toBe(true);
  });
}
