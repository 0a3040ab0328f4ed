/** The lock beside programs that use flock(2) themselves: flock(1), and children that were handed the descriptor. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { flock } from './lock-kind.ts';
import { atOnce, bothRuntimes } from './lock-process.ts';
import { LockWorld, scope } from './lock-world.ts';

const program = '/usr/bin/flock';
const env = { PATH: '/usr/bin:/bin' };
const world = new LockWorld(flock);

/** flock(1) on the lock file, holding it until it is told to stop. */
async function holdWithFlock(): Promise<ChildProcess> {
  const child = spawn(program, [world.path, '-c', 'echo held; read line'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(world.keep(child).stdout, 'data');
  return child;
}

function tryWithFlock(): boolean {
  return spawnSync(program, ['-n', world.path, 'true'], { env }).status === 0;
}

/** Names `pid` with its command, to who asks and to who is kept out. */
async function expectHolder(pid: number, command: string): Promise<void> {
  const holder = { pid, purpose: expect.stringContaining(command) };
  expect((await world.runner.who(scope)).holder).toMatchObject(holder);
  const refused = world.runner.run(scope, { waitMs: 0 }, () => 'ran');
  await expect(refused).rejects.toMatchObject({ code: 'LOCK_BUSY', details: { holder } });
}

describe('flock(1)', () => {
  it.each(bothRuntimes)('makes flock(1) and %s exclude each other', async (runtime) => {
    const child = await world.start({ runtime });
    await child.ask('acquire', 'held');
    expect(tryWithFlock()).toBe(false);
    await child.ask('release', 'released');
    expect(tryWithFlock()).toBe(true);

    const shell = await holdWithFlock();
    await expect(child.ask(atOnce, 'error')).resolves.toBe('LOCK_BUSY');
    expect((await world.runner.who(scope)).holder?.purpose).toContain('flock');
    const { held } = await world.queue(child);
    expect(await world.waiters(1)).toEqual([child.pid]);
    shell.stdin?.end('\n');
    await held;
  });

  it.each(bothRuntimes)('lets readers on %s in together and keeps a writer out', async (runtime) => {
    const [one, other, writer] = await Promise.all([
      world.start(),
      world.start({ runtime }),
      world.start({ runtime }),
    ]);
    await one.ask('acquire {"mode":"shared"}', 'held');
    await other.ask('acquire {"mode":"shared","waitMs":0}', 'held');
    const { held } = await world.queue(writer);
    one.say('release');
    expect(tryWithFlock()).toBe(false);
    other.say('release');
    await held;
  });
});

describe('a program that was handed the lock', () => {
  it.each(
    bothRuntimes.flatMap((runtime) =>
      (['is killed', 'gives it back'] as const).map((how) => [runtime, how] as const),
    ),
  )('keeps everybody out after its parent on %s %s, until it ends', async (runtime, how) => {
    const [holder, waiter] = await Promise.all([world.start({ runtime }), world.start()]);
    await holder.ask('acquire', 'held');
    const heir = Number(await holder.ask('heir', 'heir'));
    let waiting: Awaited<ReturnType<typeof world.queue>>;
    try {
      if (how === 'is killed') await holder.kill();
      else await holder.ask('release', 'released');
      await expect(waiter.ask(atOnce, 'error')).resolves.toBe('LOCK_BUSY');
      waiting = await world.queue(waiter);
      if (how === 'is killed') await expectHolder(heir, 'sleep 600');
    } finally {
      process.kill(heir, 'SIGKILL');
    }
    await waiting.held;
  });
});

describe('who', () => {
  it('names the program that keeps the lock of a killed flock(1), not those who wait for it', async () => {
    mkdirSync(world.directory, { mode: 0o700 });
    const waiter = await world.start();
    const shell = spawn(program, [world.path, 'sh', '-c', 'echo $$; exec sleep 600'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(shell.stdout, 'data');
    const pid = Number(line);
    let waiting: Awaited<ReturnType<typeof world.queue>>;
    try {
      shell.kill('SIGKILL');
      await once(shell, 'exit');
      waiting = await world.queue(waiter);
      await expectHolder(pid, 'sleep 600');
    } finally {
      process.kill(pid, 'SIGKILL');
    }
    await waiting.held;
  });
});
