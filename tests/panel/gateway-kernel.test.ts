/** `GET /kernel` of the reconcile daemon: what is live, and what differs from truth although no run is at it. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Kernel, kernelSchema } from '@holdfast/panel-client/schema';
import { describe, expect, it } from 'vitest';
import { type DaemonProcess, startDaemon } from '../support/daemon-process.ts';
import { isMissing } from '../support/needs.ts';
import { labDevice } from '../support/network-lab.ts';
import { gateway, policyWorld } from '../support/policy-world.ts';

describe.skipIf(isMissing('root', 'nft'))('the kernel of a gateway', () => {
  it('shows exactly what was deleted by hand, and after the repair nothing', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    for (const host of [1, 2, 3]) await world.connect(host, 1_000 * host);
    await world.restrict(await world.connect(4, null), true);
    await using daemon = startDaemon(world, ['--interval', '1h']);
    await daemon.reported(({ outcome }) => outcome === 'applied');

    const whole = await kernelNow(daemon);
    expect(whole).toMatchObject({
      isWhole: true,
      driftTotal: 0,
      dataplane: 'kernel',
      nft: 'intact',
      tc: 'intact',
      counts: { restricted: 1, shaped: 3, classes: 3 },
      restricted: ['10.77.0.4'],
    });
    expect(whole.classes.map(({ rate, addresses }) => ({ rate, addresses }))).toEqual([
      { rate: '1Mbit', addresses: ['10.77.0.1'] },
      { rate: '2Mbit', addresses: ['10.77.0.2'] },
      { rate: '3Mbit', addresses: ['10.77.0.3'] },
    ]);

    const { id = '' } = whole.classes[1] ?? {};
    world.lab?.run('nft', 'delete element inet holdfast restricted4 { 10.77.0.4 }');
    world.lab?.run('nft', 'delete element inet holdfast class4 { 10.77.0.2 }');
    world.lab?.run('tc', 'class', 'del', 'dev', labDevice, 'classid', id);
    const drifted = await kernelNow(daemon);
    expect(drifted).toMatchObject({ isWhole: true, driftTotal: 3 });
    expect(drifted.drift).toEqual([
      { layer: 'nft', object: 'restricted 10.77.0.4', expected: 'restricted', actual: null },
      { layer: 'nft', object: 'class-of 10.77.0.2', expected: id, actual: null },
      { layer: 'tc', object: `class ${id}`, expected: '2Mbit', actual: null },
    ]);

    expect((await world.run('reconcile')).report).toMatchObject({ outcome: 'applied', driftTotal: 3 });
    expect(await kernelNow(daemon)).toMatchObject({ isWhole: true, drift: [], driftTotal: 0 });
  });
});

/** Asks until there is a reading that began after the call. */
async function kernelNow(daemon: DaemonProcess): Promise<Kernel & { readonly kind: 'read' }> {
  const sinceMs = Date.now();
  for (;;) {
    const body: unknown = (await daemon.ask('/kernel'))?.body;
    expect(body).toMatchObject({ gateway });
    const kernel = kernelSchema.parse(body);
    if (kernel.kind === 'read' && Date.parse(kernel.at) >= sinceMs) return { ...(body as object), ...kernel };
    await delay(100);
  }
}
