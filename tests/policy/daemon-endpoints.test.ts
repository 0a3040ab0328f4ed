/** What the daemon answers and tells about itself: over HTTP, and to the service manager. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { metricTable } from '@holdfast/host/metrics';
import { describe, expect, it } from 'vitest';
import { startDaemon } from '../support/daemon-process.ts';
import { isMissing } from '../support/needs.ts';
import { gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';
import { serviceManagerDouble } from '../support/service-manager.ts';

const never = ['--watch', '--interval', '1h'];

describe('the endpoints', () => {
  it.each(['node', 'bun'] as const)('on %s tell a daemon that does its work', async (runtime) => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    await using daemon = startDaemon(world, ['--interval', '1h'], { runtime });
    await daemon.reported(({ outcome }) => outcome === 'applied');
    expect(await daemon.readiness(({ status }) => status === 200)).toMatchObject({
      body: { status: 'ok', reasons: [], gateway, newest: 1, covered: 1, lastRun: 'applied' },
    });
    expect((await daemon.ask('/healthz'))?.body).toMatchObject({ status: 'ok', phase: 'resting' });
    const { text = '' } = (await daemon.ask('/metrics')) ?? {};
    const others = /^holdfast_(?:panel|radius|stores)_/;
    const own = Object.keys(metricTable).filter((name) => !others.test(name));
    expect(own.filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
    expect(await daemon.metric(`holdfast_policy_runs_total{outcome="applied",gateway="${gateway}"}`)).toBe(1);
    expect(await daemon.metric(`holdfast_policy_runs_total{outcome="failed",gateway="${gateway}"}`)).toBe(0);
    expect(await daemon.metric(`holdfast_policy_ready{gateway="${gateway}"}`)).toBe(1);
    const since = await daemon.metric(`holdfast_policy_last_success_timestamp_seconds{gateway="${gateway}"}`);
    expect(Math.abs(Date.now() / 1_000 - (since ?? 0))).toBeLessThan(60);
    // The first run found a cold gateway, for which a trigger had asked.
    expect(await daemon.metric(`holdfast_policy_drift_objects_total{gateway="${gateway}"}`)).toBe(0);
    expect(await daemon.metric(`process_resident_memory_bytes{gateway="${gateway}"}`)).toBeGreaterThan(0);
  });

  it('tell truth that cannot be used, without ending', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const id = await world.connect(1, 1_000);
    await world.connect(2, 1_000);
    await using daemon = startDaemon(world, ['--interval', '1h']);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    await world.truth.db
      .updateTable('active_session_locks')
      .set({ shaping_slot: null })
      .where('vpn_connection_id', '=', id)
      .execute();
    await world.shape(id, 2_000);
    await daemon.reported(({ outcome }) => outcome === 'failed');
    const failing = await daemon.readiness(({ status }) => status === 503);
    expect(failing.body.reasons.join()).toContain('TRUTH_INVALID');
    expect((await daemon.ask('/healthz'))?.status).toBe(200);
  });
});

describe('an address that is taken', () => {
  it('is an error when it was asked for', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using port = await takenPort();
    const { status, stdout } = await world.start('reconcile', [
      ...never,
      '--json',
      '--listen',
      `127.0.0.1:${port.number}`,
    ]).finished;
    expect(status).toBe(69);
    expect(JSON.parse(stdout).error.code).toBe('LISTEN_FAILED');
  });

  it('is a warning when it is the default', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using _port = await takenPort(8_082);
    const { child, finished } = world.start('reconcile', [...never, '--json']);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    const { status, stderr } = await finished;
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: http:\/\/127\.0\.0\.1:8082 .*--listen/m);
  });

  it('is nobody’s business with --listen none', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using _port = await takenPort(8_082);
    const { child, finished } = world.start('reconcile', [...never, '--json', '--listen', 'none']);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect(await finished).toMatchObject({ status: 0, stderr: '' });
  });

  it('is refused as usage where there is no daemon', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    expect((await world.start('reconcile', ['--once', '--listen', '127.0.0.1:0']).finished).status).toBe(64);
    expect((await world.start('reconcile', [...never, '--listen', 'nowhere']).finished).status).toBe(64);
  });
});

describe.skipIf(isMissing('systemd'))('the service manager', () => {
  it('is told the start, the state, the heartbeat and the stop', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    await using manager = await serviceManagerDouble(world.stateDir);
    const { child, finished } = underManager(world, {
      NOTIFY_SOCKET: manager.socket,
      WATCHDOG_USEC: '400000',
    });
    await manager.told('READY=1');
    await manager.told('STATUS=triggers up to 1 are live');
    await manager.told('WATCHDOG=1');
    child.kill('SIGTERM');
    expect((await finished).status).toBe(0);
    await manager.told('STOPPING=1');
  });

  it('that does not listen is no reason to fail', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const { child, finished } = underManager(world, { NOTIFY_SOCKET: join(world.stateDir, 'nobody') });
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect((await finished).status).toBe(0);
  });
});

function underManager(world: PolicyWorld, env: Readonly<Record<string, string>>) {
  const args = [bins.reconcile, ...world.flags, ...never, '--json', '--listen', 'none'];
  return startProcess(runtimes.node, args, { env });
}

/** A port that is taken by us: other daemons of this machine may have the default one for a while. */
async function takenPort(number = 0) {
  const server = createServer();
  while (!server.listening) {
    server.listen(number, '127.0.0.1');
    await once(server, 'listening').catch(() => setTimeout(20));
  }
  const address = server.address();
  return {
    number: typeof address === 'object' && address !== null ? address.port : number,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
