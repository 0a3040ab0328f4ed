/** Refreshes that are ended by force: what they leave behind, and that it stops nobody. */
import { existsSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownIdentity } from '@holdfast/base/process-identity';
import { cycleSteps } from '@holdfast/cycle';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchedPort } from '../atomic/watched-calls.ts';
import { childProgram } from '../support/child-program.ts';
import { counts, isSoak } from '../support/counts.ts';
import { runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { type CacheWorld, cacheWorld } from './cache-world.ts';

const child = join(import.meta.dirname, 'refresh-child.ts');
const limits = { timeout: isSoak ? 1_800_000 : 60_000 };

let world: CacheWorld;
beforeEach(async () => {
  world = await cacheWorld();
});
afterEach(async () => {
  expect(world.leftovers(), 'temporary files left').toEqual([]);
  await world[Symbol.asyncDispose]();
});

/** Runs a refresh that kills itself. @returns whether the catalogue on disk, which is whole, is the new one */
async function killedAt(kind: 'step' | 'call', name: string): Promise<boolean> {
  world.server.edition += 1;
  const before = world.cached()?.revision ?? 0;
  const args = [world.stateDir, world.server.url, kind, name];
  const { signal } = await runProcess(runtimes.node, [...childProgram(child), ...args]);
  expect({ name, signal }).toEqual({ name, signal: 'SIGKILL' });
  const after = world.cached()?.revision ?? 0;
  expect([before, before + 1]).toContain(after);
  return after > before;
}

/** Nothing is left that stops or disturbs the next one. */
async function expectRecovery(): Promise<void> {
  const { report, error } = await world.refreshed({ waitMs: 1_000 });
  expect(error).toBeUndefined();
  expect(report.outcome).toBe('refreshed');
  expect(world.leftovers()).toEqual([]);
  expect(new Set(world.cached()?.entries.flatMap(editionsOf))).toEqual(
    new Set([String(world.server.edition)]),
  );
}

function editionsOf({ content }: { readonly content?: unknown }): readonly string[] {
  return (content as readonly { readonly id: string }[]).map(({ id }) => id.slice(0, id.indexOf('-')));
}

describe('a refresh that is killed', () => {
  it(
    'at any step leaves the old catalogue or the new one, and the next one goes through',
    limits,
    async () => {
      await world.refreshed();
      const outcomes: [string, boolean][] = [];
      // Where nothing is open there is no such step.
      for (const step of cycleSteps.filter((name) => name !== 'intent')) {
        outcomes.push([step, await killedAt('step', step)]);
        await expectRecovery();
      }
      expect(outcomes.filter(([, isNew]) => isNew).map(([step]) => step)).toEqual([
        'written',
        'verified',
        'reported',
      ]);
    },
  );

  it(
    'at any call of the publication leaves at most a temporary file, which the next one removes',
    limits,
    async () => {
      await world.refreshed();
      const calls = isSoak ? ['create', 'write', 'flushLater', 'close', 'openDirectory'] : [];
      for (const call of [...calls, 'rename']) {
        expect(await killedAt('call', call)).toBe(false);
        await expectRecovery();
      }
    },
  );

  it('while it holds the lock leaves it free, every time', limits, async () => {
    await world.refreshed();
    for (let round = 0; round < counts.cacheForcedExits; round += 1) {
      const gate = world.server.close();
      const running = world.start('refresh');
      await Promise.race([gate.reached, running.finished]);
      running.child.kill('SIGKILL');
      expect((await running.finished).signal).toBe('SIGKILL');
      gate.open();
      await expectRecovery();
    }
  });
});

describe('a publication', () => {
  it('flushes the file before the rename and the directory after it, in a private sibling', async () => {
    const calls: string[] = [];
    const fs = watchedPort((name) => calls.push(name));
    const { error } = await world.refreshed({ fs });
    expect(error).toBeUndefined();
    const steps = ['create', 'write', 'flushLater', 'rename'];
    expect(calls.filter((name) => steps.includes(name))).toEqual([
      'create',
      ...Array(calls.filter((name) => name === 'write').length).fill('write'),
      'flushLater',
      'rename',
      'flushLater',
    ]);
    expect(statSync(world.path).mode & 0o777).toBe(0o600);
  });
});

describe('start-up hygiene', () => {
  it('removes the temporary files of dead writers, tells so, and leaves a living one its own', async () => {
    mkdirSync(world.directory, { recursive: true, mode: 0o700 });
    const temp = ({ boot, pidNamespace, pid, startTime } = ownIdentity()) =>
      join(
        world.directory,
        `.foojay.json.${boot}-${pidNamespace}-${pid}-${startTime}.${'0'.repeat(32)}.holdfast-tmp`,
      );
    const dead = [
      temp({ ...ownIdentity(), startTime: '1' }),
      temp({ ...ownIdentity(), boot: '0123456789ab' }),
    ];
    const alive = temp();
    for (const path of [...dead, alive]) writeFileSync(path, 'half');
    const { report } = await world.refreshed();
    expect([dead.map(existsSync), existsSync(alive)]).toEqual([[false, false], true]);
    expect(report.swept).toHaveLength(2);
    expect(readFileSync(alive, 'utf8')).toBe('half');
    unlinkSync(alive);
  });
});
