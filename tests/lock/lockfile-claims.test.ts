/** Claims of the lockfile backend that several processes meet: of a backend that came first, of the dead, of those who end in order. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { counts, isSoak } from '../support/counts.ts';
import { repository, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { Counter } from './counter.ts';
import { lockfile } from './lock-kind.ts';
import { bothRuntimes } from './lock-process.ts';
import { LockWorld } from './lock-world.ts';

const world = new LockWorld(lockfile);
const claimPath = () => `${world.path}.lock`;
const ownerPath = () => world.path.replace('.lock', '.owner');

describe('exclusion between processes', () => {
  it('lets exactly one of two backends begin, when both begin at the same moment', async () => {
    const uses = ['flock', 'lockfile', 'lockfile', 'flock'] as const;
    for (let round = 0; round < counts.waiterKillRounds; round += 1) {
      const base = join(world.base, `round-${round}`);
      mkdirSync(base);
      const directory = join(base, 'locks');
      const counter = new Counter(base);
      const children = await world.startMany(uses.length, (place) => ({
        directory,
        backend: uses[place] ?? 'auto',
      }));
      for (const child of children) child.say(counter.command(1));
      const winner = await stampOf(directory);
      const answers = await Promise.all(
        children.map((child, place) => child.hear(uses[place] === winner ? 'counted' : 'error')),
      );
      expect(answers.toSorted()).toEqual(['', '', 'LOCK_MIXED', 'LOCK_MIXED']);
      expect(counter.value()).toBe(2);
      await Promise.all(children.map((child) => child.kill()));
    }
  });
});

async function stampOf(directory: string): Promise<string> {
  const stamp = join(directory, '.backend');
  while (!existsSync(stamp)) await turn();
  return readFileSync(stamp, 'utf8').trim();
}

describe('death', () => {
  it(
    'leaves one claim that eight processes meet, and never two of them get it',
    async () => {
      const counter = new Counter(world.base);
      const children = await world.startMany(8);
      const dead = await deadOwner();
      for (let round = 0; round < counts.killRounds; round += 1) {
        plantClaim(dead);
        await counter.storm(children, 1);
      }
      counter.expectExactly(8 * counts.killRounds);
    },
    isSoak ? 900_000 : 60_000,
  );

  it.each(
    bothRuntimes.flatMap((runtime) =>
      (['SIGTERM', 'SIGINT', 'its end'] as const).map((how) => [runtime, how] as const),
    ),
  )('of a holder on %s by %s gives the lock back', async (runtime, how) => {
    const holder = await world.start({ runtime });
    await holder.ask('acquire', 'held');
    if (how === 'its end') holder.say('exit');
    else process.kill(holder.pid, how);
    await holder.ended;
    expect(await world.traces()).toEqual([]);
  });
});

/** The record of a process that is dead. */
async function deadOwner(): Promise<Record<string, unknown>> {
  const doomed = await world.start();
  await doomed.ask('acquire', 'held');
  await doomed.kill();
  const record = JSON.parse(readFileSync(ownerPath(), 'utf8')) as Record<string, unknown>;
  rmSync(claimPath(), { recursive: true });
  return record;
}

function plantClaim(record: Record<string, unknown>): void {
  mkdirSync(claimPath());
  const { ino, birthtimeNs } = statSync(claimPath(), { bigint: true });
  const about = { ino: String(ino), birthtimeNs: String(birthtimeNs) };
  writeFileSync(ownerPath(), JSON.stringify({ ...record, claim: about }));
}

describe('a process without descriptors', () => {
  it('fails with the claims that it made given back', async () => {
    const code = `
      import { LockRunner } from '@holdfast/lock-runner';
      const runner = new LockRunner({ directory: ${JSON.stringify(world.directory)}, backend: 'lockfile' });
      const scopes = Array.from({ length: 200 }, (_, place) => 'a:' + place);
      await runner.run(scopes, {}, () => console.log('ran')).catch(({ code }) => console.log(code));`;
    const node = [runtimes.node, '--conditions=@holdfast/source', '-e', code];
    const { stdout } = await runProcess('/bin/sh', ['-c', 'ulimit -n 80; exec "$@"', 'sh', ...node], {
      cwd: `${repository}/tests`,
    });
    expect(stdout).toBe('LOCK_DIRECTORY\n');
    expect(readdirSync(world.directory).filter((name) => name.endsWith('.lock.lock'))).toEqual([]);
  });
});
