/**
 * Waiting in the kernel's queue between processes, with each kind of helper: who is served next, and that nothing outlives
 * those who wait. Nothing here sleeps to prove something.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { LockOptions } from '@holdfast/lock-runner';
import { describe, expect, it } from 'vitest';
import { isSoak } from '../support/counts.ts';
import { type HelperName, helperNames } from './flock-with.ts';
import { flock } from './lock-kind.ts';
import { bothRuntimes, type LockProcess, type Runtime } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';

const everyHelper = helperNames.flatMap((helper) => bothRuntimes.map((runtime) => ({ helper, runtime })));
const without = Number.POSITIVE_INFINITY;
const world = new LockWorld(flock);

function start(runtime: Runtime, helper: HelperName = 'perl'): Promise<LockProcess> {
  return world.start({ runtime, backend: { kind: 'flock', helper } });
}

function acquire(options: LockOptions = {}): string {
  return `acquire ${JSON.stringify({ ...options, waitMs: null })}`;
}

/** Child processes of `pid`: of ours only helpers. */
function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  });
}

/** A zombie has no descriptors any more. */
async function untilGone(pids: readonly number[]): Promise<void> {
  for (const pid of pids) while (existsSync(`/proc/${pid}/fd/3`)) await turn();
}

/** A process that has the lock through its helper. */
async function winner(runtime: Runtime, helper: HelperName): Promise<LockProcess> {
  const child = await start(runtime, helper);
  await world.runner.run(scope, { waitMs: without }, async () => {
    await child.ask(acquire(), 'waiting');
    await world.waiters(1);
  });
  await child.hear('held');
  return child;
}

describe.each(everyHelper)('the helper $helper of a process on $runtime', ({ helper, runtime }) => {
  it('keeps nobody alive when it idles, and ends with its owner', async () => {
    const child = await winner(runtime, helper);
    await child.ask('release', 'released');
    const helpers = childrenOf(child.pid);
    await child.ask('idle', 'idle');
    await expect(child.hear('left')).resolves.toBe('1'); // it ended although the helper was there
    await child.ended;
    expect(helpers).toHaveLength(1);
    await untilGone(helpers);
  });

  it('keeps its owner alive while that waits', async () => {
    const child = await start(runtime, helper);
    await world.runner.run(scope, { waitMs: without }, async () => {
      await child.ask(acquire(), 'waiting');
      await world.waiters(1);
      await child.ask('idle', 'idle');
    });
    await child.hear('held');
    await child.ended; // holding: nothing is left that it could wait for
  });

  it('ends when its owner is killed while it idles', async () => {
    const child = await winner(runtime, helper);
    await child.ask('release', 'released');
    const helpers = childrenOf(child.pid);
    await child.kill();
    expect(helpers).toHaveLength(1);
    await untilGone(helpers);
  });

  it('keeps no lock of a killed holder', async () => {
    const child = await winner(runtime, helper);
    const helpers = childrenOf(child.pid);
    await child.kill();
    await expect(world.runner.run(scope, { waitMs: 1_000 }, () => 'ran')).resolves.toBe('ran');
    await untilGone(helpers);
  });

  it('passes on what it is granted for a killed waiter', async () => {
    const [child, next] = [await start(runtime, helper), await start('node')];
    const helpers = await world.runner.run(scope, { waitMs: without }, async () => {
      await child.ask(acquire(), 'waiting');
      await world.waiters(1);
      await next.ask(acquire(), 'waiting');
      await world.waiters(2);
      const own = childrenOf(child.pid);
      await child.kill();
      return own;
    });
    await next.hear('held');
    await untilGone(helpers);
    await next.ask('release', 'released');
  });

  it('is named by neither holder nor waiter', async () => {
    const child = await winner(runtime, helper);
    const waiter = await start(runtime, helper);
    await waiter.ask(acquire(), 'waiting');
    expect(await world.waiters(1)).toEqual([waiter.pid]);
    expect((await world.runner.who(scope)).holder).toMatchObject({ pid: child.pid });
    await child.ask('release', 'released');
    await waiter.hear('held');
  });

  it('leaves the lock to the heir of a killed holder, who is named', async () => {
    const child = await winner(runtime, helper);
    const heir = Number(await child.ask('heir', 'heir'));
    const helpers = childrenOf(child.pid).filter((pid) => pid !== heir);
    try {
      await child.kill();
      await untilGone(helpers); // until then they have the lock too
      expect((await world.runner.who(scope)).holder).toMatchObject({ pid: heir });
      await expect(world.runner.run(scope, { waitMs: 0 }, () => 'ran')).rejects.toMatchObject({
        code: 'LOCK_BUSY',
      });
    } finally {
      process.kill(heir, 'SIGKILL');
    }
  });

  it('tells others for which priority it waits', async () => {
    const [holder, waiter] = [await start('node'), await start(runtime, helper)];
    await holder.ask(acquire({ priority: 'interactive' }), 'held');
    await waiter.ask(acquire({ priority: 'background' }), 'waiting');
    await world.waiters(1);
    await expect(holder.ask('contended', 'contended')).resolves.toBe('false');
    await holder.ask('release', 'released');
    await waiter.hear('held');
  });
});

const onNode = everyHelper.filter(({ runtime }) => runtime === 'node');

describe.each(isSoak ? everyHelper : onNode)(
  'of processes that wait through $helper, on $runtime,',
  ({ helper, runtime }) => {
    it('an interactive one that came last is served before background ones', async () => {
      const background = [
        await start('node', helper),
        await start(runtime, helper),
        await start('node', helper),
      ];
      const interactive = await start(runtime, helper);
      const holder = await start('node', helper);
      await holder.ask(acquire({ priority: 'background' }), 'held');
      for (const [place, child] of background.entries()) {
        await child.ask(acquire({ priority: 'background' }), 'waiting');
        await world.waiters(place + 1);
      }
      await interactive.ask(acquire(), 'waiting');
      await world.waiters(background.length + 1);
      await expect(holder.ask('contended', 'contended')).resolves.toBe('true');
      const order: string[] = [];
      const served = [...background, interactive].map(async (child) => {
        await child.hear('held');
        order.push(child === interactive ? 'interactive' : 'background');
        await child.ask('release', 'released');
      });
      holder.say('release');
      await Promise.all(served);
      expect(order).toEqual(['interactive', 'background', 'background', 'background']);
    });

    it('a background one is passed by ten interactive ones at the most', async () => {
      const patient = await start(runtime, helper);
      let [holder, next] = [await start('node', helper), await start(runtime, helper)];
      await holder.ask(acquire(), 'held');
      await patient.ask(acquire({ priority: 'background' }), 'waiting');
      const served = patient.hear('held').then(() => 'patient' as const);
      let passed = 0;
      for (;;) {
        await world.waiters(1); // it has queued again
        await next.ask(acquire(), 'waiting');
        await world.waiters(2);
        const other = next.hear('held').then(() => 'next' as const);
        await holder.ask('release', 'released');
        if ((await Promise.race([served, other])) === 'patient') {
          patient.say('release');
          await other;
          break;
        }
        passed += 1;
        [holder, next] = [next, holder];
      }
      expect(passed).toBeGreaterThan(0);
      expect(passed).toBeLessThanOrEqual(10);
    });
  },
);

describe.each(bothRuntimes)('a waiter on %s', (runtime) => {
  it('is served when a background holder gives the lock up for it and asks again at once', async () => {
    const waiter = await start(runtime);
    const background = { waitMs: without, priority: 'background' } as const;
    const order: string[] = [];
    let held = await world.runner.acquire(scope, background);
    for (let round = 0; round < 10; round += 1) {
      await waiter.ask(acquire(), 'waiting');
      await world.waiters(1);
      expect(held.contended()).toBe(true);
      const served = waiter.hear('held').then(async () => {
        order.push('waiter');
        await waiter.ask('release', 'released');
      });
      await held.release();
      held = await world.runner.acquire(scope, background);
      order.push('background');
      await held.release();
      await served;
      held = await world.runner.acquire(scope, background);
    }
    await held.release();
    const overtaken = order.filter((who, place) => place % 2 === 0 && who === 'background');
    expect(overtaken.length).toBeLessThanOrEqual(1); // a machine that is busy enough wakes nobody for a while
  });
});
