/**
 * How soon the daemon makes a change live in the real kernel: from the commit of a change with its trigger until truth says that
 * a run has covered it, which it says after the kernel has acknowledged.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { changeWithTrigger, openTruth, readCovered, setRate, type Truth } from '@holdfast/truth-db';
import type { Bench, BenchContext } from '../bench.ts';
import { absolute, type Figure } from '../figure.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { spreadOf } from '../spread.ts';
import { installedBin, userEnvironment } from '../workspace.ts';
import { benchDevice, benchNamespace, sweepNamespaces } from './bench-namespace.ts';
import { benchGateway, seedSessions } from './seed-sessions.ts';

/** Reactions of one round; the 99th percentile is that of a round. */
const changesOfRound = 100;
/** Pause before each change: it may come at any moment between two looks of the daemon. */
const longestPauseMs = 120;
const limitMs = 300;
/** What the daemon needs at the most, in milliseconds: beyond that the figure is a failure. */
const patienceMs = 60_000;

export const reactionBench: Bench = {
  name: 'reaction',
  describe:
    'from a committed trigger to a live change, by the daemon on the kernel (root; --full: 50 000 too)',
  run: async (context) => {
    if (process.geteuid?.() !== 0) {
      return { kind: 'skipped', because: 'network namespaces by name need root' };
    }
    sweepNamespaces();
    const figures: Figure[] = [];
    for (const sessions of context.isFull ? [1_000, 10_000, 50_000] : [1_000]) {
      figures.push(...(await measure(context, sessions)));
    }
    return {
      kind: 'measured',
      figures,
      notes: [
        `Rates of sessions change one by one, with pauses of up to ${longestPauseMs} ms; embedded truth, default options.`,
        'The daemon looks every 50 ms, so 25 of them are for nothing but chance.',
      ],
    };
  },
};

async function measure(context: BenchContext, sessions: number): Promise<readonly Figure[]> {
  const { signal, tell, isFull } = context;
  using directory = scratchDirectory();
  using namespace = benchNamespace();
  tell(`${sessions} sessions: filling truth`);
  await using truth = openTruth(await seedSessions(directory.path, sessions));
  const place = ['--state-dir', directory.path, '--netns', namespace.name, '--device', benchDevice];
  const flags = ['--watch', '--interval', '1h', '--listen', 'none', ...place];
  const daemon = spawn(installedBin('vpn-policy-reconcile'), flags, {
    env: userEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const halves: number[] = [];
    const longest: number[] = [];
    await reactionTo(truth, { number: 1, daemon, signal }); // with it the gateway is built
    for (let round = 1; round <= (isFull ? 5 : 3); round += 1) {
      tell(`${sessions} sessions: round ${round}`);
      const reactions: number[] = [];
      for (let change = 1; change <= changesOfRound; change += 1) {
        await delay(longestPauseMs * ((change * 0.618_034) % 1));
        const number = 1 + ((change * 7_919 + round) % sessions);
        reactions.push(await reactionTo(truth, { number, daemon, signal }));
      }
      halves.push(percentile(reactions, 0.5));
      longest.push(percentile(reactions, 0.99));
    }
    const what = `${sessions.toLocaleString('en').replaceAll(',', ' ')} sessions, a changed rate`;
    const line = { what, unit: 'ms' } as const;
    return [
      absolute({ ...line, subject: 'half of the changes', value: spreadOf(halves) }),
      absolute({
        ...line,
        subject: '99 of 100',
        value: spreadOf(longest),
        target: { relation: '≤', limit: limitMs },
      }),
    ];
  } finally {
    const ended = once(daemon, 'exit');
    if (daemon.exitCode === null && daemon.kill('SIGTERM')) await ended;
  }
}

interface Change {
  /** Of the session. */
  readonly number: number;
  readonly daemon: ChildProcess;
  readonly signal: AbortSignal;
}

let changed = 0;

/** @returns milliseconds from the commit to the covered trigger, found out within 2 ms */
async function reactionTo(truth: Truth, { number, daemon, signal }: Change): Promise<number> {
  changed += 1;
  const rate = { downKbit: 1_000 + changed, upKbit: null };
  const trigger = { gateway: benchGateway, reason: 'panel', vpnConnectionId: number, at: Date.now() };
  const { trigger: id } = await changeWithTrigger(truth, trigger, (trx) => setRate(trx, number, rate));
  const startMs = performance.now();
  while ((await readCovered(truth, benchGateway)) < id) {
    signal.throwIfAborted();
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}`);
    if (performance.now() - startMs > patienceMs) throw new Error('the daemon does not come to an end');
    await delay(2);
  }
  return performance.now() - startMs;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
