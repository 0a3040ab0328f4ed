/** Each daemon's way of calling a hook, replayed: which session it is, and that nobody is kicked by accident. */
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bins } from '../support/repository.ts';
import {
  accelArguments,
  accelEnvironment,
  installForAccel,
  installForPppd,
  type PppLink,
  pppdArguments,
  pppdEnvironment,
} from './hook-replay.ts';
import { type HookWorld, hookWorld, runHook } from './hook-world.ts';

const link: PppLink = { unit: 3, peer: 'ana', remote: '10.64.0.9', caller: '198.51.100.4' };
const harmless = { status: 0, signal: null, said: '' };

describe('pppd, replayed through the wrapper and run-parts of Debian', () => {
  const install = (world: HookWorld) => installForPppd(world.stateDir, `spool=${world.spool}\ngateway=gw1\n`);

  it('names a session by its process and unit, and the client by who has authenticated', async () => {
    await using world = await hookWorld();
    const ppp = install(world);
    expect(await ppp.run('ip-up', pppdArguments(link), pppdEnvironment(link, 771, true))).toMatchObject(
      harmless,
    );
    expect(world.events()).toMatchObject([
      {
        source: 'pppd',
        verb: 'up',
        user: 'ana',
        session: '771.3',
        ifname: 'ppp3',
        framedIp: '10.64.0.9',
        caller: '198.51.100.4',
        gateway: 'gw1',
      },
    ]);
  });

  it('has each session ended by its own ip-down, whatever the order, though a unit and an address are used again', async () => {
    await using world = await hookWorld();
    await world.users('ana', 'bob');
    const ppp = install(world);
    const bob = { ...link, peer: 'bob' };
    await ppp.run('ip-up', pppdArguments(link), pppdEnvironment(link, 771, true));
    await world.ingest();
    await ppp.run('ip-down', pppdArguments(link), pppdEnvironment(link, 771, false));
    const [late = ''] = world.waiting();
    const keep = world.events();
    expect(keep).toMatchObject([{ verb: 'down', session: '771.3' }]);
    await ppp.run('ip-up', pppdArguments(bob), pppdEnvironment(bob, 902, true));
    await world.ingest();
    expect(late).not.toBe('');
    expect(await world.sessions()).toEqual(['bob 10.64.0.9']);
    await ppp.run('ip-down', pppdArguments(bob), pppdEnvironment(bob, 902, false));
    await world.ingest();
    expect(await world.sessions()).toEqual([]);
  });

  it('that is the uplink of the host itself is no session', async () => {
    await using world = await hookWorld();
    const { PEERNAME: _, ...uplink } = pppdEnvironment(link, 771, true);
    expect(await install(world).run('ip-up', pppdArguments(link), uplink)).toMatchObject(harmless);
    expect(world.waiting()).toEqual([]);
  });

  it('may call it directly, by name', async () => {
    await using world = await hookWorld();
    const args = ['--spool', world.spool, 'pppd', 'ip-up', ...pppdArguments(link)];
    expect(await runHook(args, { env: pppdEnvironment(link, 771, true) })).toMatchObject(harmless);
    expect(world.events()).toMatchObject([{ source: 'pppd', session: '771.3' }]);
  });
});

describe('accel-ppp, replayed', () => {
  const install = (world: HookWorld, config = '') =>
    installForAccel(world.stateDir, `spool=${world.spool}\ngateway=gw1\n${config}`);

  it('names a session by device, address and caller, which are all that it tells twice', async () => {
    await using world = await hookWorld();
    await world.users('ana');
    const accel = install(world);
    const caller = { ...link, caller: '00:16:3e:aa:01:02' };
    expect(await accel.run('ip-up', accelArguments(caller), accelEnvironment(caller, true))).toMatchObject(
      harmless,
    );
    expect(world.events()).toMatchObject([
      {
        source: 'accel-ppp',
        user: 'ana',
        session: 'ppp3,10.64.0.9,00:16:3e:aa:01:02',
        ifname: 'ppp3',
        framedIp: '10.64.0.9',
      },
    ]);
    await world.ingest();
    expect(await accel.run('ip-down', accelArguments(caller), accelEnvironment(caller, false))).toMatchObject(
      harmless,
    );
    await world.ingest();
    expect(await world.sessions()).toEqual([]);
  });

  it('has a session of the same name again live after the end of the first, which came late', async () => {
    await using world = await hookWorld();
    await world.users('ana');
    const accel = install(world);
    await accel.run('ip-up', accelArguments(link), accelEnvironment(link, true));
    await accel.run('ip-down', accelArguments(link), accelEnvironment(link, false));
    const aside = join(world.stateDir, 'aside.event');
    const down = world.waiting().find((_, index) => world.events()[index]?.verb === 'down') ?? '';
    renameSync(join(world.spool, down), aside);
    await nextTick();
    await accel.run('ip-up', accelArguments(link), accelEnvironment(link, true));
    await world.ingest();
    renameSync(aside, join(world.spool, 'late.event'));
    expect(await world.ingest()).toMatchObject({ applied: 0, ignored: 1 });
    expect(await world.sessions()).toEqual(['ana 10.64.0.9']);
  });

  it('tells a change of the session as one', async () => {
    await using world = await hookWorld();
    await install(world).run('ip-change', accelArguments(link), accelEnvironment(link, true));
    expect(world.events()).toMatchObject([{ verb: 'change' }]);
  });

  describe('waits at ip-pre-up', () => {
    const waiting = async (world: HookWorld, program: string, config: string, killed?: Promise<unknown>) => {
      const apply = join(world.stateDir, 'apply');
      writeFileSync(apply, `#!/bin/sh\nprintf '%s ' "$@" >'${apply}.called'\n${program}\n`);
      chmodSync(apply, 0o755);
      const accel = install(world, `apply=${apply}\n${config}`);
      return runHook(accelArguments(link), {
        program: join(accel.directory, 'ip-pre-up'),
        env: accelEnvironment(link, true),
        ...(killed === undefined ? {} : { killed: { by: 'SIGTERM', after: killed } }),
      });
    };

    it.each([
      ['live', 'exit 0', '', 0],
      ['live', 'exit 0', 'on-tempfail=deny', 0],
      ['locked', 'exit 75', '', 0],
      ['locked', 'exit 75', 'on-tempfail=allow', 0],
      ['locked', 'exit 75', 'on-tempfail=deny', 1],
      ['a defect', 'exit 70', 'on-tempfail=deny', 1],
      ['killed', 'kill -9 $$', '', 0],
      ['killed', 'kill -9 $$', 'on-tempfail=deny', 1],
      ['locked', 'exit 75', 'on-tempfail=Deny', 0],
      ['not there', 'rm -f "$0"; exit 127', 'on-tempfail=deny', 1],
    ])('for an apply that is %s (%s, "%s") and ends with %i', async (_, program, config, status) => {
      await using world = await hookWorld();
      expect(await waiting(world, program, config)).toMatchObject({ status, said: '' });
      expect(world.events()).toMatchObject([{ verb: 'up', user: 'ana' }]);
    });

    it('no longer than its deadline, for an apply that hangs', async () => {
      await using world = await hookWorld();
      await using other = await hookWorld();
      const hangs = 'trap "" TERM; while :; do sleep 1; done';
      const [allowed, denied] = await Promise.all([
        waiting(world, hangs, 'deadline=2'),
        waiting(other, hangs, 'deadline=2\non-tempfail=deny'),
      ]);
      expect([allowed.status, denied.status]).toEqual([0, 1]);
      expect(Math.max(allowed.tookMs, denied.tookMs)).toBeLessThan(10_000);
    });

    it('until it is told to stop, and then says what it says without an answer', async () => {
      await using world = await hookWorld();
      const called = join(world.stateDir, 'apply.called');
      const isCalled = expect
        .poll(() => world.waiting().length > 0 && existsSync(called), { timeout: 10_000 })
        .toBe(true);
      const run = await waiting(world, 'exec sleep 50', 'on-tempfail=deny\ndeadline=59', isCalled);
      expect(run).toMatchObject({ status: 1, signal: null, said: '' });
    });

    it('for the real vpn-policy-apply, which needs no environment but the path that is configured', async () => {
      await using world = await hookWorld();
      await world.users('ana');
      writeFileSync(join(world.stateDir, 'holdfast.config.json'), JSON.stringify({ dataplane: 'recorded' }));
      const accel = install(
        world,
        `apply=${bins.apply}\npath=${dirname(process.execPath)}\non-tempfail=deny\ndeadline=20\n`,
      );
      const run = await accel.run('ip-pre-up', accelArguments(link), accelEnvironment(link, true));
      expect(run).toMatchObject(harmless);
      const state = await world.truth.db.selectFrom('gateway_state').select('covered').executeTakeFirst();
      expect(state?.covered).toBeGreaterThan(0);
    });
  });
});

describe('strongSwan, replayed', () => {
  /** What charon 5.9.8 sets for a road warrior with a virtual address of each family. */
  const environment = (verb: string, part: 4 | 6) => ({
    PATH: '/usr/sbin:/usr/bin',
    PLUTO_VERSION: '1.1',
    PLUTO_VERB: verb,
    PLUTO_CONNECTION: 'rw',
    PLUTO_INTERFACE: 'eth0',
    PLUTO_REQID: '1',
    PLUTO_PROTO: 'esp',
    PLUTO_UNIQUEID: '17',
    PLUTO_ME: '203.0.113.1',
    PLUTO_MY_ID: 'vpn.example.com',
    PLUTO_MY_CLIENT: part === 4 ? '0.0.0.0/0' : '::/0',
    PLUTO_PEER: '198.51.100.4',
    PLUTO_PEER_ID: 'C=CH, O=Example, CN=ana',
    PLUTO_PEER_CLIENT: part === 4 ? '10.65.0.9/32' : 'fd65::9/128',
    PLUTO_PEER_SOURCEIP: '10.65.0.9',
    PLUTO_PEER_SOURCEIP4_1: '10.65.0.9',
    PLUTO_PEER_SOURCEIP6_1: 'fd65::9',
    PLUTO_XAUTH_ID: 'ana',
    PLUTO_UDP_ENC: '4500',
  });
  const call = (world: HookWorld, verb: string, part: 4 | 6) =>
    runHook(['--spool', world.spool, 'strongswan'], { env: environment(verb, part) });

  it('names a session by the number of its IKE SA, and ends it with the last family', async () => {
    await using world = await hookWorld();
    await world.users('ana');
    expect(await call(world, 'up-client', 4)).toMatchObject(harmless);
    expect(world.events()).toMatchObject([
      {
        source: 'strongswan',
        verb: 'up',
        part: 4,
        user: 'ana',
        session: '17',
        framedIp: '10.65.0.9',
        framedIpv6: 'fd65::9',
        ifname: undefined,
      },
    ]);
    await call(world, 'up-client-v6', 6);
    await world.ingest();
    expect(await world.sessions()).toEqual(['ana 10.65.0.9 fd65::9']);
    await call(world, 'down-client', 4);
    await world.ingest();
    expect(await world.sessions()).toEqual(['ana fd65::9']);
    await call(world, 'down-client-v6', 6);
    await world.ingest();
    expect(await world.sessions()).toEqual([]);
  });

  it('names the client by its certificate where there is no other name', async () => {
    await using world = await hookWorld();
    const { PLUTO_XAUTH_ID: _, ...env } = environment('up-host', 4);
    await runHook(['--spool', world.spool, 'strongswan'], { env });
    expect(world.events()).toMatchObject([{ user: 'C=CH, O=Example, CN=ana', framedIp: '10.65.0.9' }]);
  });

  it('that calls it for something else writes nothing', async () => {
    await using world = await hookWorld();
    expect(await call(world, 'prepare-client', 4)).toMatchObject(harmless);
    expect(world.waiting()).toEqual([]);
  });
});

/** No daemon has a client come back within a hundredth of a second, which is what the time since the boot is told in. */
async function nextTick(): Promise<void> {
  const uptime = () => readFileSync('/proc/uptime', 'latin1').split(' ')[0];
  const before = uptime();
  await expect.poll(uptime, { interval: 1 }).not.toBe(before);
}
