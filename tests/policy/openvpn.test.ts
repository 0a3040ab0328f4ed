/** A real OpenVPN that calls the hook: from a client that connects to its address in the kernel, and back. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { labSkipReason } from '../support/network-lab.ts';
import { type OpenvpnClient, type OpenvpnLab, openvpnLab } from '../support/openvpn-lab.ts';
import { bins } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { type HookWorld, hook, hookWorld } from './hook-world.ts';

const skipReason =
  labSkipReason() ?? (isMissing('openvpn', 'openssl') ? 'needs openvpn and /dev/net/tun' : undefined);

describe.skipIf(skipReason !== undefined)(`OpenVPN in two namespaces (${skipReason ?? 'as root'})`, () => {
  let stack: AsyncDisposableStack;
  let world: HookWorld;
  let vpn: OpenvpnLab;

  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    world = stack.use(await hookWorld());
    await world.users('ana@example.com', 'zoë');
    vpn = stack.use(
      await openvpnLab({
        directory: world.stateDir,
        names: ['ana@example.com', 'zoë'],
        hook: `${hook} --spool ${world.spool} --gateway gw1 openvpn`,
      }),
    );
  });
  afterAll(() => stack?.disposeAsync());

  const leave = async (client: OpenvpnClient, name: string) => {
    await client.kill();
    await vpn.drop(name);
  };
  const sessions = async () => {
    await world.ingest();
    return world.sessions();
  };
  const reconcile = async () => {
    const place = ['--state-dir', world.stateDir, '--netns', vpn.server.netns, '--lock-timeout', '20s'];
    const run = await runProcess(process.execPath, [bins.reconcile, '--once', ...place]);
    expect(run).toMatchObject({ status: 0 });
    return vpn.server.run('nft', 'list', 'table', 'inet', 'holdfast');
  };

  it('has the address of a client in the kernel after it connected, and no more after it left', async () => {
    const ana = await vpn.connect('ana@example.com');
    await expect.poll(() => world.waiting().length, { timeout: 10_000 }).toBe(2);
    expect(await reconcile()).toContain('10.66.0.2');
    expect(await world.sessions()).toEqual(['ana@example.com 10.66.0.2']);
    expect(vpn.server.run('tc', 'class', 'show', 'dev', 'tun0')).toContain('5Mbit');
    await leave(ana, 'ana@example.com');
    await expect.poll(() => world.waiting().length, { timeout: 10_000 }).toBe(1);
    expect(await reconcile()).not.toContain('10.66.0.2');
  });

  it('names the session by its start and the address and port of the client', async () => {
    const zoe = await vpn.connect('zoë');
    await expect.poll(() => world.waiting().length, { timeout: 10_000 }).toBe(2);
    const events = world.events();
    expect(new Set(events.map(({ session }) => session)).size).toBe(1);
    expect(events.map(({ verb }) => verb).toSorted()).toEqual(['change', 'up']);
    for (const event of events) {
      expect(event).toMatchObject({
        source: 'openvpn',
        user: 'zoë',
        ifname: 'tun0',
        framedIp: expect.stringMatching(/^10\.66\.0\.\d+$/),
        caller: '10.99.0.2',
      });
      expect(event.session).toMatch(/^\d{10}\.10\.99\.0\.2:\d+$/);
    }
    expect(await sessions()).toEqual([`zoë ${events[0]?.framedIp}`]);
    await leave(zoe, 'zoë');
    await expect.poll(sessions, { timeout: 10_000 }).toEqual([]);
  });

  it('keeps the session of a client that comes back before its old connection was missed', async () => {
    const ana = await vpn.connect('ana@example.com');
    await expect.poll(sessions, { timeout: 10_000 }).toHaveLength(1);
    const first = await holderOf(world);
    await ana.kill();
    const again = await vpn.connect('ana@example.com');
    await expect
      .poll(async () => (await sessions()) && (await holderOf(world)) !== first, { timeout: 10_000 })
      .toBe(true);
    expect(await world.sessions()).toHaveLength(1);
    expect(world.waiting()).toEqual([]);
    await leave(again, 'ana@example.com');
    await expect.poll(sessions, { timeout: 10_000 }).toEqual([]);
  });

  it('lets a client in whose event cannot be written', async () => {
    renameSync(world.spool, join(world.stateDir, 'elsewhere'));
    const zoe = await vpn.connect('zoë');
    renameSync(join(world.stateDir, 'elsewhere'), world.spool);
    expect(world.waiting()).toEqual([]);
    await leave(zoe, 'zoë');
    await expect.poll(() => world.waiting().length, { timeout: 10_000 }).toBe(1);
    expect(await sessions()).toEqual([]);
  });
});

async function holderOf(world: HookWorld): Promise<string | null | undefined> {
  const row = await world.truth.db
    .selectFrom('active_session_locks')
    .select('acct_session_id')
    .where('state', '=', 'held')
    .executeTakeFirst();
  return row?.acct_session_id;
}
