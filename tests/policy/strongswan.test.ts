/** A real strongSwan that calls the hook: from a road warrior who connects to the addresses in the kernel, and back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { labSkipReason } from '../support/network-lab.ts';
import { bins } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { type HookWorld, hook, hookWorld } from './hook-world.ts';
import { type StrongswanLab, strongswanLab } from './strongswan-lab.ts';

const skipReason =
  labSkipReason() ?? (isMissing('strongswan', 'unshare') ? 'needs strongswan and /dev/net/tun' : undefined);

describe.skipIf(skipReason !== undefined)(`strongSwan in two namespaces (${skipReason ?? 'as root'})`, () => {
  let stack: AsyncDisposableStack;
  let world: HookWorld;
  let vpn: StrongswanLab;

  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    world = stack.use(await hookWorld());
    await world.users('ana', 'bob');
    vpn = stack.use(
      await strongswanLab({
        directory: world.stateDir,
        hook: `${hook} --spool ${world.spool} --gateway gw1 strongswan`,
      }),
    );
  });
  afterAll(() => stack?.disposeAsync());

  const sessions = async () => {
    await world.ingest();
    return world.sessions();
  };
  const reconcile = async () => {
    const place = ['--state-dir', world.stateDir, '--netns', vpn.gateway.netns, '--device', 'ipsec0'];
    const run = await runProcess(process.execPath, [bins.reconcile, '--once', ...place]);
    expect(run).toMatchObject({ status: 0 });
    return vpn.gateway.run('nft', 'list', 'table', 'inet', 'holdfast');
  };

  it('has the addresses of a client in the kernel after it connected, and no more after it left', async () => {
    await vpn.connect('ana');
    await expect.poll(() => world.waiting().length, { timeout: 10_000 }).toBe(2);
    const table = await reconcile();
    expect(table).toContain('10.65.0.1');
    expect(table).toContain('fd65::1');
    expect(vpn.gateway.run('tc', 'class', 'show', 'dev', 'ipsec0')).toContain('5Mbit');
    await vpn.disconnect('ana');
    await expect.poll(() => world.waiting().length, { timeout: 10_000 }).toBe(2);
    expect(await reconcile()).not.toContain('10.65.0.1');
  });

  it('gives an address to the next client, though a crash has lost the end of the one before', async () => {
    await vpn.connect('ana');
    await expect.poll(sessions, { timeout: 10_000 }).toEqual(['ana 10.65.0.1 fd65::1']);
    await vpn.crash();
    await vpn.connect('bob');
    await expect.poll(sessions, { timeout: 10_000 }).toEqual(['bob 10.65.0.1 fd65::1']);
  });
});
