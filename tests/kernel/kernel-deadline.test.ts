/** A writing command ends at its deadline: killed by its parent, or without it when the parent is dead. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fakeHeld } from '@holdfast/base/fake-held';
import { createKernelDataplane, diffState, type KernelDataplaneOptions } from '@holdfast/gateway-policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contractShards, fullState } from '../../packages/gateway-policy/src/contract-states.ts';
import { createKernelCommands } from '../../packages/gateway-policy/src/kernel/kernel-commands.ts';
import { childProgram } from '../support/child-program.ts';
import { createLab, type Lab, labDevice, labSkipReason } from '../support/network-lab.ts';
import { repository, runtimes } from '../support/repository.ts';
import { commandScript } from './command-script.ts';

const skipReason = labSkipReason();
/** An nft that hangs when it shall commit, with a child of its own. */
const hangingNft = 'case "$1" in -f) echo committing >&3; sleep 600; exit 1;; *) exec nft "$@";; esac';

describe.skipIf(skipReason !== undefined)(`kernel deadlines (${skipReason ?? 'as root'})`, () => {
  let lab: Lab;
  beforeEach(() => {
    lab = createLab();
  });
  afterEach(() => {
    for (const pid of lab.pids()) process.kill(Number(pid), 'SIGKILL');
    lab[Symbol.dispose]();
  });

  const open = (options: Partial<KernelDataplaneOptions> = {}) =>
    createKernelDataplane({
      gateway: { device: labDevice, shards: contractShards },
      netns: lab.netns,
      timeoutMs: 20_000,
      ...options,
    });
  const changes = async () => diffState(fullState, await open().read());
  const failureOf = async (options: Partial<KernelDataplaneOptions>) =>
    open(options)
      .write(await changes(), fakeHeld())
      .catch((error: unknown) => error);

  test.each(['node', 'bun'] as const)(
    'a commit that hangs ends though its parent on %s is killed',
    async (runtime) => {
      using nft = commandScript(hangingNft);
      const script = join(repository, 'tests/kernel/orphan-writer.ts');
      const args = [...childProgram(script), lab.netns, nft.path, '1000'];
      const writer = spawn(runtimes[runtime], args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
      const ended = once(writer, 'exit');
      const lock = writer.stdio[3];
      if (!(lock instanceof Readable)) throw new Error('the writer got no pipe');
      await once(lock, 'data'); // the commit has begun
      writer.kill('SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);
      await once(lock, 'end'); // nobody has the descriptor any more
      expect(lab.pids()).toEqual([]);
    },
  );

  test('a commit that hangs is killed with its children by a parent that lives, which tells why', async () => {
    using nft = commandScript(hangingNft.replace('>&3', '>/dev/null'));
    expect(await failureOf({ commands: { nft: nft.path }, timeoutMs: 300 })).toMatchObject({
      code: 'DATAPLANE_FAILED',
      details: { outcome: 'unknown', reason: 'did not end within 300 ms' },
    });
    expect(lab.pids()).toEqual([]);
  });

  test.each([
    ['kills itself', 'kill -KILL $$'],
    ['says it was killed', 'exit 137'],
  ])('what a commit that %s has done is unknown', async (_what, how) => {
    using nft = commandScript(`case "$1" in -f) cat >/dev/null; ${how};; *) exec nft "$@";; esac`);
    expect(await failureOf({ commands: { nft: nft.path } })).toMatchObject({
      code: 'DATAPLANE_FAILED',
      details: { outcome: 'unknown' },
    });
  });

  test('the status and the words of a refused commit come through', async () => {
    using nft = commandScript(
      'case "$1" in -f) cat >/dev/null; echo no >&2; exit 3;; *) exec nft "$@";; esac',
    );
    const error = await failureOf({ commands: { nft: nft.path } });
    expect(error).toMatchObject({ code: 'DATAPLANE_FAILED', details: { status: 3, stderr: 'no' } });
    expect(error).not.toMatchObject({ details: { outcome: 'unknown' } });
  });

  test('a missing timeout(1) is unavailable to a writer', async () => {
    const commands = { timeout: '/nonexistent/timeout' };
    expect(await failureOf({ commands })).toMatchObject({ code: 'DATAPLANE_UNAVAILABLE' });
  });

  test('a tc that is missing and one that may not be executed are told apart behind timeout(1)', async () => {
    using forbidden = commandScript('exit 0');
    chmodSync(forbidden.path, 0o644);
    for (const netns of [{}, { netns: lab.netns }]) {
      const failureOfTc = (tc: string) => {
        const kernel = createKernelCommands({ device: labDevice, commands: { tc }, ...netns });
        return kernel.batchTc('qdisc show\n', fakeHeld()).catch((error: unknown) => error);
      };
      expect(await failureOfTc('/nonexistent/tc')).toMatchObject({ code: 'DATAPLANE_UNAVAILABLE' });
      expect(await failureOfTc(forbidden.path)).toMatchObject({ code: 'NOT_PERMITTED' });
    }
  });

  test('without a deadline there is no timeout(1)', async () => {
    const writing: (readonly string[])[] = [];
    const dataplane = open({
      timeoutMs: Number.POSITIVE_INFINITY,
      commands: { timeout: '/nonexistent/timeout' },
      onCommand: (argv, writes) => void (writes && writing.push(argv.slice(2))),
    });
    await dataplane.write(await changes(), fakeHeld());
    expect(writing).toEqual([
      ['tc', '-batch', '-'],
      ['nft', '-f', '-'],
    ]);
  });
});
