/** Readers and writers of different processes: nobody passes a writer that came before, though the kernel would let it. */
import { describe, expect, it } from 'vitest';
import { flock } from './lock-kind.ts';
import { bothRuntimes } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';

const shared = 'acquire {"mode":"shared","waitMs":null}';
const sharedAtOnce = 'acquire {"mode":"shared","waitMs":0}';

describe.each(bothRuntimes)('a writer that waits for a reader, on %s', (runtime) => {
  const world = new LockWorld(flock);

  it('is let in before a reader that comes later', async () => {
    const [inside, writer, late] = await Promise.all([0, 1, 2].map(() => world.start({ runtime })));
    await inside?.ask(shared, 'held');
    const written = await world.queue(writer as NonNullable<typeof writer>);
    late?.say(shared);
    expect(await late?.next()).toBe('waiting');
    await inside?.ask('release', 'released');
    await written.held;
    expect((await world.runner.who(scope)).holder?.pid).toBe(writer?.pid);
    await writer?.ask('release', 'released');
    expect(await late?.next()).toBe('held');
  });

  it('does not keep out a reader that would not wait, nor one that comes after its death', async () => {
    const [inside, writer, late] = await Promise.all([0, 1, 2].map(() => world.start({ runtime })));
    await inside?.ask(shared, 'held');
    await world.queue(writer as NonNullable<typeof writer>);
    await late?.ask(sharedAtOnce, 'held');
    await late?.ask('release', 'released');
    await writer?.kill();
    late?.say(shared);
    expect(await late?.next()).toBe('held');
  });
});
