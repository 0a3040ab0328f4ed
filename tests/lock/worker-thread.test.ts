/** What is left of a worker thread that ends with a lock it has waited for: nothing. Node only, which closes its files. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { flock } from './lock-kind.ts';
import { atOnce } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';

const world = new LockWorld(flock);

describe('a worker thread that is terminated', () => {
  it.each(['while it waits', 'with the lock it has waited for'])('%s leaves the lock free', async (when) => {
    const holder = await world.start();
    await holder.ask(atOnce, 'held');
    const worker = new Worker(new URL('./worker-thread.ts', import.meta.url), {
      workerData: { directory: world.directory, scope },
      execArgv: ['--conditions=@holdfast/source'],
    });
    expect(await once(worker, 'message')).toEqual(['waiting']);
    await world.waiters(1);
    if (when === 'while it waits') await worker.terminate();
    await holder.ask('release', 'released');
    if (when !== 'while it waits') expect(await once(worker, 'message')).toEqual(['held']);
    await worker.terminate();
    expect(await world.untilFree()).toBe('free');
  });
});
