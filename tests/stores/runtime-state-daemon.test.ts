/** `runtime-state serve`: it keeps the stores by itself, says how they are, and ends when it is asked to. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentsOf, StewardWorld } from '../../packages/runtime-stores/src/testing/steward-world.ts';
import { type DaemonProcess, daemonOf } from '../support/daemon-process.ts';
import { bins, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';
import { serviceManagerDouble } from '../support/service-manager.ts';
import { runState, startState } from './state-command.ts';

let world: StewardWorld;
beforeEach(() => {
  world = new StewardWorld();
});
afterEach(() => world[Symbol.dispose]());

/** With a round 10 times a second. */
function startKeeper(runtime: keyof typeof runtimes = 'node', socketName = 'keeper.sock'): DaemonProcess {
  const socket = join(world.home, socketName);
  const place = ['--state-dir', world.home, '--listen', `unix:${socket}`];
  return daemonOf(startState(['serve', ...place, '--sweep-interval', '100ms'], runtime), socket);
}

const isReady = ({ status }: { readonly status: number }) => status === 200;

describe('runtime-state serve', () => {
  it('keeps the stores, tells what it cannot decide, and ends when it is asked to', async () => {
    await using keeper = startKeeper();
    await keeper.readiness(isReady);
    // There was no salt, so it has made one.
    expect((await runState(world.home, 'inspect', 'salt:ip')).body.documents[0].condition).toBe('whole');
    expect(await keeper.metric('holdfast_stores_verdicts_total{store="salt",verdict="rotate"}')).toBe(1);

    await world.fill();
    const [counters] = await documentsOf(world.steward('rate-limit').area);
    world.spoil(counters?.path ?? '', 'corrupt');
    const verdicts = 'holdfast_stores_verdicts_total{store="rate-limit",verdict="reset"}';
    while ((await keeper.metric(verdicts)) !== 1) await keeper.ask('/healthz');
    expect(existsSync(counters?.path ?? '')).toBe(false);

    await world.claim();
    const [used] = await documentsOf(world.steward('captcha').area);
    const spoiled = world.spoil(used?.path ?? '', 'empty');
    const answer = await keeper.readiness(({ status }) => status === 503);
    expect(answer.body.reasons).toEqual([expect.stringMatching(/^captcha: .*\[REFUSED\]$/)]);
    expect((await keeper.ask('/healthz'))?.status).toBe(200);
    expect(await keeper.metric('holdfast_stores_damaged_documents{store="captcha"}')).toBe(1);
    expect(spoiled).toHaveLength(0);
    expect(existsSync(used?.path ?? '')).toBe(true);

    const { status, stderr } = await keeper.stop();
    expect(status).toBe(0);
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['keeping', 'damaged document reset', 'store is not whole', 'stopped']),
    );
    const { current } = await world.salt.current();
    expect(stderr).not.toContain(current.secret);
  });

  it.each(['node', 'bun'] as const)(
    'leaves the work to another one that is at it, on %s',
    async (runtime) => {
      const salt = join(world.directory, 'salt/ip.json');
      const held = await world.runner.acquire('stores:keeper');
      await using keeper = startKeeper(runtime);
      await keeper.readiness(isReady);
      expect(existsSync(salt)).toBe(false);
      await held.release();
      while (!existsSync(salt)) await keeper.ask('/healthz');
      expect((await keeper.stop()).status).toBe(0);
    },
  );

  it('tells the service manager when it is there, how the stores are, and that it goes', async () => {
    await using manager = await serviceManagerDouble(world.home);
    const env = { NOTIFY_SOCKET: manager.socket };
    const words = ['serve', '--state-dir', world.home, '--listen', 'none'];
    const { child, finished } = startProcess(runtimes.node, [bins.state, ...words], { env });
    await manager.told('READY=1');
    await manager.told('STATUS=all stores are whole');
    child.kill('SIGTERM');
    await manager.told('STOPPING=1');
    expect((await finished).status).toBe(0);
  });

  it('does not start on an address that is taken, nor on a configuration that cannot be', async () => {
    await using first = startKeeper();
    await first.readiness(isReady);
    const second = startKeeper();
    expect((await second.finished).status).toBe(69);
    const flags = ['--state-dir', world.home, '--listen', 'none', '--salt-overlap', '900h'];
    expect((await startState(['serve', ...flags]).finished).status).toBe(64);
  });
});
