/** Applying twice changes nothing: the same dump, no writing kernel call. In the real kernel. */
import { describe, expect, it } from 'vitest';
import { kernelDump } from '../support/kernel-dump.ts';
import { isMissing } from '../support/needs.ts';
import { type Lab, labDevice } from '../support/network-lab.ts';
import { monitorNft } from '../support/nft-monitor.ts';
import { type PolicyWorld, policyWorld } from '../support/policy-world.ts';

describe.skipIf(isMissing('root', 'nft'))('apply on the kernel', () => {
  it('makes the kernel hold what truth says', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    const lab = labOf(world);
    await world.connect(10, 20_000);
    const restricted = await world.connect(11, 5_000);
    await world.restrict(restricted, true);
    await world.connect(12, null);

    const { status, report } = await world.run('apply', ['--reason', 'panel']);

    expect({ status, outcome: report.outcome, digest: report.digest }).toEqual({
      status: 0,
      outcome: 'applied',
      digest: await world.digest(),
    });
    const table = listTable(lab);
    expect(table.restricted4).toEqual(['10.77.0.11']);
    expect(Object.keys(table.class4).toSorted()).toEqual(['10.77.0.10', '10.77.0.11']);
    const classes = lab.run('tc', 'class', 'show', 'dev', labDevice);
    expect(classes).toMatch(new RegExp(`class htb ${table.class4['10.77.0.10']} .*rate 20Mbit `));
    expect(classes).toMatch(new RegExp(`class htb ${table.class4['10.77.0.11']} .*rate 5Mbit `));
  });

  it('writes nothing the second time and leaves the dump byte-identical', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    const lab = labOf(world);
    for (let host = 1; host <= 40; host += 1) await world.connect(host, 1_000 * host);
    await world.run('apply');
    const before = kernelDump(lab);
    await using monitor = await monitorNft(lab);

    const apply = await world.run('apply');
    const reconcile = await world.run('reconcile', ['--once']);
    const onBun = await world.run('apply', [], 'bun');

    expect([apply, reconcile, onBun].map(({ report }) => report.outcome)).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect(kernelDump(lab)).toBe(before);
    expect(await monitor.heard()).toEqual([]);
  });

  it('is heard by the monitor when it writes', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    const lab = labOf(world);
    await world.connect(1, 1_000);
    await using monitor = await monitorNft(lab);

    await world.run('apply');

    expect(await monitor.heard()).not.toEqual([]);
  });

  it('repairs what somebody else changed, and only that', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    const lab = labOf(world);
    await world.connect(10, 20_000);
    await world.run('apply');
    const before = kernelDump(lab);
    lab.run('nft', 'add', 'element', 'inet', 'holdfast', 'restricted4', '{ 192.0.2.1 }');
    lab.run('nft', 'add', 'table', 'inet', 'foreign');

    const check = await world.run('reconcile', ['--check']);
    const repair = await world.run('reconcile', ['--once']);

    expect({ status: check.status, outcome: check.report.outcome, drift: check.report.drift.length }).toEqual(
      {
        status: 2,
        outcome: 'pending',
        drift: 1,
      },
    );
    expect(repair.report.outcome).toBe('applied');
    expect(lab.run('nft', 'list', 'tables')).toContain('table inet foreign');
    lab.run('nft', 'delete', 'table', 'inet', 'foreign');
    expect(kernelDump(lab)).toBe(before);
  });
});

interface Listed {
  readonly restricted4: readonly string[];
  readonly class4: Readonly<Record<string, string>>;
}

function listTable(lab: Lab): Listed {
  const text = lab.run('nft', '-j', 'list', 'table', 'inet', 'holdfast');
  const { nftables } = JSON.parse(text) as {
    readonly nftables: readonly Readonly<
      Record<string, { readonly name?: string; readonly elem?: readonly unknown[] }>
    >[];
  };
  const set = nftables.find((entry) => entry.set?.name === 'restricted4')?.set;
  const map = nftables.find((entry) => entry.map?.name === 'class4')?.map;
  return {
    restricted4: (set?.elem ?? []) as readonly string[],
    class4: Object.fromEntries((map?.elem ?? []) as readonly (readonly [string, string])[]),
  };
}

function labOf({ lab }: PolicyWorld): Lab {
  if (lab === undefined) throw new Error('a world on the kernel has a lab');
  return lab;
}
