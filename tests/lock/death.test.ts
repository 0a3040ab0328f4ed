/** What every lock does when a process that has it, or waits for it, is killed. */
import { describe, expect, it } from 'vitest';
import { isSoak } from '../support/counts.ts';
import { isMissing } from '../support/needs.ts';
import { lockKinds } from './lock-kind.ts';
import { bothRuntimes } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';

const timeout = isSoak ? 1_800_000 : 60_000;

for (const kind of lockKinds) {
  const leaseMs = kind.killLeaseMs === undefined ? {} : { leaseMs: kind.killLeaseMs };

  describe.skipIf(isMissing(...kind.needs))(`death under ${kind.name}`, () => {
    const world = new LockWorld(kind);

    it('of the holder frees the lock for the waiter in time, every time', { timeout }, async () => {
      let next = world.start({ ...leaseMs, runtime: 'bun' });
      let holder = await world.start(leaseMs);
      await holder.ask('acquire', 'held');
      const tookMs: number[] = [];
      for (let round = 0; round < kind.killRounds; round += 1) {
        const waiter = await next;
        next = world.start({ ...leaseMs, runtime: round % 2 === 0 ? 'node' : 'bun' }); // it starts while this round runs
        const { held } = await world.queue(waiter);
        const killedMs = performance.now();
        const killed = holder.kill();
        await held;
        tookMs.push(performance.now() - killedMs);
        await killed;
        holder = waiter; // and dies in the next round, holding
      }
      await next;
      expect(Math.max(...tookMs)).toBeLessThan(kind.reacquireMs);
    });

    it.each(bothRuntimes)(
      'of a waiter on %s leaves no lock and stops nobody behind it',
      { timeout },
      async (runtime) => {
        const [holder, last] = await Promise.all([world.start(), world.start()]);
        for (let round = 0; round < kind.waiterKillRounds; round += 1) {
          await holder.ask('acquire', 'held');
          const doomed = await world.start({ runtime });
          const { held: never } = await world.queue(doomed);
          const neverHeld = expect(never).rejects.toThrow();
          const { held } = await world.queue(last, 2);
          await doomed.kill(); // whoever serves those who wait has not noticed yet
          await neverHeld;
          await holder.ask('release', 'released');
          await held;
          if (kind.waiters === 'shown') expect((await world.runner.who(scope)).waiters).toEqual([]);
          await last.ask('release', 'released');
        }
        expect(await world.traces()).toEqual([]);
      },
    );

    it.each(bothRuntimes)('of a holder on %s frees the lock although its child lives on', async (runtime) => {
      const holder = await world.start({ ...leaseMs, runtime });
      await holder.ask('acquire', 'held');
      const orphan = Number(await holder.ask('orphan', 'orphan'));
      try {
        await holder.kill();
        expect(await world.untilFree()).toBe('free');
      } finally {
        process.kill(orphan, 'SIGKILL');
      }
    });

    it('of holders, on whatever host and runtime, never takes generations back', async () => {
      const fences: number[] = [];
      for (const [place, runtime] of [...bothRuntimes, ...bothRuntimes].entries()) {
        const host = kind.hosts[place % kind.hosts.length] ?? '';
        const child = await world.start({ ...leaseMs, runtime, host });
        await child.ask('hold', 'held');
        fences.push(Number(await child.ask('fence', 'fence')));
        await child.kill();
      }
      const [first = Number.NaN] = fences;
      expect(fences).toEqual([0, 1, 2, 3].map((later) => (kind.firstFence ?? first) + later));
    });
  });

  describe.skipIf(isMissing(...kind.needs))(`the end of a process under ${kind.name}`, () => {
    const world = new LockWorld(kind);

    it.each(bothRuntimes)('comes by itself, on %s, when it has waited and given back', async (runtime) => {
      const [holder, waiter] = await Promise.all([world.start(), world.start({ runtime })]);
      await holder.ask('acquire', 'held');
      const { held } = await world.queue(waiter);
      await holder.ask('release', 'released');
      await held;
      await waiter.ask('release', 'released');
      await waiter.ask('idle', 'idle');
      const leftMs = performance.now();
      await waiter.hear('left');
      await waiter.ended;
      expect(performance.now() - leftMs).toBeLessThan(5_000); // no timer of ours has to pass first
    });
  });
}
