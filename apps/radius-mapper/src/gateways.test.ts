/** The gateways of NASes: what is remembered, and when truth is asked again. */
import { type Clock, HoldfastError } from '@holdfast/base';
import type { Truth } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { createGateways } from './gateways.ts';
import { mapperWorld } from './testing/mapper-world.ts';

function fakeTime() {
  let nowMs = 0;
  return { clock: { monotonicMs: () => nowMs } as Clock, pass: (ms: number) => (nowMs += ms) };
}

const addNas = (truth: Truth, nasIp: string) =>
  truth.db.insertInto('gateway_nas_addresses').values({ nas_ip: nasIp, gateway: 'gw1' }).execute();

describe('the gateways of NASes', () => {
  it('are found by the address in any spelling', async () => {
    await using world = await mapperWorld({
      gateway: { nasAddresses: ['192.0.2.1', '2001:db8::1'], nasProfile: 'wispr' },
    });
    const { gateways } = world.mapper;
    const expected = { name: 'gw1', nasProfile: 'wispr' };
    for (const src of ['192.0.2.1', '::ffff:192.0.2.1', '2001:DB8:0::1'])
      expect(await gateways.gatewayOf(src)).toEqual(expected);
    expect(await gateways.gatewayOf('192.0.2.2')).toBeUndefined();
    expect([gateways.profileOf('gw1'), gateways.profileOf('gw2'), gateways.profileOf(null)]).toEqual([
      'wispr',
      null,
      null,
    ]);
    expect(gateways.addresses).toBe(2);
  });

  it('that are new are found when they are asked for, at most once a second', async () => {
    await using world = await mapperWorld();
    const { truth } = world.mapper;
    const { clock, pass } = fakeTime();
    const gateways = createGateways({ truth: () => truth, clock });
    await gateways.gatewayOf('127.0.0.1');
    await addNas(truth, '192.0.2.9');
    pass(999);
    expect(await gateways.gatewayOf('192.0.2.9')).toBeUndefined();
    pass(1);
    expect(await gateways.gatewayOf('192.0.2.9')).toMatchObject({ name: 'gw1' });
  });

  it('that are gone are forgotten with the next reading', async () => {
    await using world = await mapperWorld();
    const { truth, gateways } = world.mapper;
    await gateways.gatewayOf('127.0.0.1');
    await truth.db.deleteFrom('gateway_nas_addresses').execute();
    expect(await gateways.gatewayOf('127.0.0.1')).toBeDefined();
    await gateways.refresh();
    expect(await gateways.gatewayOf('127.0.0.1')).toBeUndefined();
  });

  it('are still known while truth is away, and nobody new is called unknown', async () => {
    await using world = await mapperWorld();
    const { clock, pass } = fakeTime();
    let isAway = false;
    const truth = () => {
      if (isAway) throw new HoldfastError('DATABASE_UNREACHABLE', 'gone');
      return world.mapper.truth;
    };
    const gateways = createGateways({ truth, clock });
    await gateways.refresh();
    isAway = true;
    pass(5_000);
    const away = expect.objectContaining({ code: 'DATABASE_UNREACHABLE' });
    await expect(gateways.gatewayOf('192.0.2.9')).rejects.toEqual(away);
    await expect(gateways.gatewayOf('192.0.2.9')).rejects.toEqual(away); // within the second, too
    expect(await gateways.gatewayOf('127.0.0.1')).toMatchObject({ name: 'gw1' });
    isAway = false;
    pass(1_000);
    expect(await gateways.gatewayOf('192.0.2.9')).toBeUndefined();
  });

  it('that were never read are a failure, not an empty list', async () => {
    const truth = (): Truth => {
      throw new HoldfastError('DATABASE_UNREACHABLE', 'gone');
    };
    const gateways = createGateways({ truth, clock: fakeTime().clock });
    await expect(gateways.gatewayOf('127.0.0.1')).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(gateways.addresses).toBeUndefined();
  });
});
