/** The panel and the reconcile daemon of its gateway, as two processes: what one shows of the other, until that is gone. */
import { join } from 'node:path';
import { silentLog, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { describe, expect, it } from 'vitest';
import { GatewayView } from '../../apps/panel/src/gateway/gateway-view.ts';
import type { ReconcileAddress } from '../../apps/panel/src/gateway/reconcile-address.ts';
import { startDaemon } from '../support/daemon-process.ts';
import { isMissing } from '../support/needs.ts';
import { gateway, type PolicyWorld, policyWorld } from '../support/policy-world.ts';
import type { Running } from '../support/run-process.ts';

/** A guard against a hang only. */
const patience = { timeout: 30_000 };
/** Of nobody. */
const nobody = 65_534;

describe('the view of a gateway', () => {
  it.each(['node', 'bun'] as const)('shows what its daemon on %s reads, until that ends', async (runtime) => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    await using daemon = startDaemon(world, ['--interval', '1h'], { runtime });
    await daemon.reported(({ outcome }) => outcome === 'applied');
    const view = viewOf(world);
    await expect
      .poll(() => view.kernel(gateway), patience)
      .toMatchObject({
        kind: 'read',
        dataplane: 'recorded',
        nft: 'intact',
        tc: 'intact',
        counts: { restricted: 0, shaped: 1, classes: 1 },
        classes: [{ rate: '1Mbit', addresses: ['10.77.0.1'] }],
        driftTotal: 0,
      });
    expect(await view.detail(gateway)).toMatchObject({ covered: 1, runs: [{ outcome: 'applied' }] });
    await daemon.stop();
    await expect
      .poll(() => view.kernel(gateway), patience)
      .toMatchObject({ because: 'RECONCILE_UNREACHABLE' });
  });

  it('shows what no run will repair, and what no run will bring', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    for (let host = 1; host <= 25; host += 1) await world.restrict(await world.connect(host, null), true);
    await world.run('reconcile');
    // More than the guard lets go without a trigger that explains it, and a trigger that waits behind that.
    await world.truth.db.deleteFrom('active_session_locks').execute();
    await world.connect(26, 1_000);
    await using daemon = startDaemon(world, ['--interval', '1h']);
    await daemon.reported(({ outcome }) => outcome === 'refused');
    const view = viewOf(world);
    await expect
      .poll(() => view.kernel(gateway), patience)
      .toMatchObject({ kind: 'read', counts: { restricted: 25 }, driftTotal: 27 });
  });
});

describe.skipIf(isMissing('root'))('the view of a panel that has no rights on the state directory', () => {
  it('shows what the daemon tells of runs and lock, and neither when that is away', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const flags = ['--watch', '--json', '--listen', '127.0.0.1:0', '--interval', '1h', '--log-level', 'info'];
    await using daemon = await listening(world.start('reconcile', flags));
    const view = viewOf(world, daemon.address);
    const runs = [{ outcome: 'applied' }];
    await asNobody(() => expect.poll(() => view.detail(gateway), patience).toMatchObject({ runs }));
    const runner = new LockRunner({ directory: join(world.stateDir, 'locks') });
    await using _held = await runner.acquire(`policy:${gateway}`, { purpose: 'a test' });
    const lock = { scope: `policy:${gateway}`, holder: { pid: process.pid, purpose: 'a test' } };
    await asNobody(() => expect.poll(() => view.detail(gateway), patience).toMatchObject({ runs, lock }));
    await daemon.stop();
    await asNobody(async () => {
      const seen = expect.poll(() => view.detail(gateway), patience);
      await seen.toMatchObject({ name: gateway, runs: [], lock: null });
      expect(await view.kernel(gateway)).toMatchObject({ because: 'RECONCILE_UNREACHABLE' });
    });
    // Whoever may read the files needs no daemon for them.
    await expect.poll(() => view.detail(gateway), patience).toMatchObject({ runs, lock });
  });

  it('shows neither where the daemon answers over a socket, which is its user’s', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = startDaemon(world, ['--interval', '1h']);
    await daemon.reported(() => true);
    const view = viewOf(world);
    await asNobody(async () => {
      expect(await view.detail(gateway)).toMatchObject({ name: gateway, runs: [], lock: null });
    });
  });
});

/** Looks with the rights of the panel’s user, on files that were opened before with those of root. */
async function asNobody(look: () => PromiseLike<void>): Promise<void> {
  process.seteuid?.(nobody);
  try {
    await look();
  } finally {
    process.seteuid?.(0);
  }
}

interface Listening extends AsyncDisposable {
  readonly address: ReconcileAddress;
  stop(): Promise<unknown>;
}

/** Resolves when a daemon on a free port of this machine has said which. */
async function listening({ child, finished }: Running): Promise<Listening> {
  const stop = () => {
    child.kill('SIGTERM');
    return finished;
  };
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let said = '';
  child.stderr?.on('data', (text: string) => {
    said += text;
    const port = /"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(said)?.[1];
    if (port !== undefined) resolve(Number(port));
  });
  void finished.then(() => reject(new Error(`the daemon has ended: ${said}`)));
  return {
    address: { kind: 'tcp', host: '127.0.0.1', port: await promise },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

function viewOf(
  { truth, stateDir }: PolicyWorld,
  reconcile: ReconcileAddress = { kind: 'unix', path: join(stateDir, 'daemon.sock') },
): GatewayView {
  return new GatewayView({ truth, stateDir, reconcile, clock: systemClock, log: silentLog });
}
