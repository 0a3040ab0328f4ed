/** How long after the last of many hooks the policy of all of them is in the kernel, with a daemon that watches. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { benchDevice, benchNamespace, sweepNamespaces } from '../apply/bench-namespace.ts';
import type { BenchContext } from '../bench.ts';
import { runChild } from '../run-child.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { installedBin, userEnvironment } from '../workspace.ts';
import { hookStorm, stormCalls, waitingIn } from './hook-storm.ts';

/** What the daemon needs at the most, in milliseconds: beyond that the figure is a failure. */
const patienceMs = 60_000;

/** @returns milliseconds, one for each round; needs root */
export async function liveLags({ signal, tell }: BenchContext, rounds: number): Promise<readonly number[]> {
  sweepNamespaces();
  using directory = scratchDirectory();
  using namespace = benchNamespace();
  const stateDir = directory.path;
  const spool = join(stateDir, 'spool');
  mkdirSync(spool, { mode: 0o700 });
  await using storm = await hookStorm({ stateDir, device: benchDevice, signal });
  const settled = async () => {
    const { rows } = await sql<{ open: number }>`
      select max(c.last_id) - coalesce(max(s.covered), 0) as open from trigger_counters c
      left join gateway_state s on s.gateway = c.gateway`.execute(storm.truth.db);
    return rows[0]?.open === 0 && waitingIn(spool) === 0;
  };
  const place = ['--state-dir', stateDir, '--netns', namespace.name, '--device', benchDevice];
  const daemon = spawn(
    installedBin('vpn-policy-reconcile'),
    ['--watch', '--interval', '1h', '--force', ...place],
    {
      env: userEnvironment(),
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  try {
    const lags: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      tell(`live, round ${round}`);
      await storm.call('up', spool);
      lags.push(await until(settled, daemon, signal));
      const { stdout } = await runChild([...namespace.entry, 'nft', 'list', 'table', 'inet', 'holdfast'], {
        signal,
      });
      const live = new Set(stdout.match(/10\.9\.\d+\.\d+/g)).size;
      if (live !== stormCalls) throw new Error(`of ${stormCalls} clients ${live} are in the kernel`);
      await storm.call('down', spool);
      await until(settled, daemon, signal);
    }
    return lags;
  } finally {
    const ended = once(daemon, 'exit');
    if (daemon.exitCode === null && daemon.kill('SIGTERM')) await ended;
  }
}

/** @returns milliseconds from now until it is so, found out within 20 ms */
async function until(
  isSo: () => Promise<boolean>,
  daemon: ChildProcess,
  signal: AbortSignal,
): Promise<number> {
  const startMs = performance.now();
  while (!(await isSo())) {
    signal.throwIfAborted();
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}`);
    if (performance.now() - startMs > patienceMs) throw new Error('the daemon does not come to an end');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - startMs;
}
