/** The figures of one gateway size: a cold apply, runs that find nothing to do, and what they take of memory. */

import type { BenchContext } from '../bench.ts';
import { absolute, compare, type Figure, type Target } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { runChild } from '../run-child.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { spreadOf } from '../spread.ts';
import { installedBin } from '../workspace.ts';
import { type BenchNamespace, benchNamespace } from './bench-namespace.ts';
import { type PeakMemory, watchPeakMemory } from './peak-memory.ts';
import { seedSessions } from './seed-sessions.ts';
import { listing, listingByHtb, stateByHand } from './state-by-hand.ts';

export interface GatewaySize {
  readonly sessions: number;
  readonly coldRounds: number;
  readonly idleRounds: number;
  /** False where starting a process outweighs the work, so that the design's limits mean nothing. */
  readonly hasTargets: boolean;
}

export async function measureSize(context: BenchContext, size: GatewaySize): Promise<readonly Figure[]> {
  const { tell, signal } = context;
  using state = scratchDirectory();
  tell(`${size.sessions} sessions: filling truth`);
  const url = await seedSessions(state.path, size.sessions);
  const gateway: Gateway = { stateDir: state.path, byHand: await stateByHand(url, state.path), size, signal };
  tell(`${size.sessions} sessions: cold`);
  const cold = await measureCold(gateway, tell);
  tell(`${size.sessions} sessions: nothing to do`);
  using namespace = benchNamespace();
  await inNamespace(gateway, namespace, gateway.byHand);
  await assertUnchanged(gateway, namespace);
  return [...cold, ...(await measureIdle(gateway, namespace)), await measureMemory(gateway, namespace)];
}

interface Gateway {
  readonly stateDir: string;
  /** The shell command that makes the whole state. */
  readonly byHand: string;
  readonly size: GatewaySize;
  readonly signal: AbortSignal;
}

type PolicyCommand = 'vpn-policy-apply' | 'vpn-policy-reconcile';

async function measureCold(gateway: Gateway, tell: (line: string) => void): Promise<readonly Figure[]> {
  const { signal, size } = gateway;
  const subject = 'vpn-policy-apply';
  const peer = 'tc -batch, nft -f';
  const inFreshNamespace = async (measure: (namespace: BenchNamespace) => Promise<number>) => {
    using namespace = benchNamespace();
    return await measure(namespace);
  };
  const values = await inRounds(
    [
      {
        name: subject,
        round: () => inFreshNamespace((namespace) => policyCommand(gateway, namespace, subject)),
      },
      {
        name: peer,
        round: () => inFreshNamespace((namespace) => inNamespace(gateway, namespace, gateway.byHand)),
      },
    ],
    {
      rounds: size.coldRounds,
      warmUps: 0,
      signal,
      onRound: (round) => tell(`${size.sessions} sessions: cold, round ${round}`),
    },
  );
  return [
    compare(values, { what: whatOf(size, 'cold'), unit: 'ms', subject, peer, ...targetOf(size, 1.15) }),
  ];
}

async function measureIdle(gateway: Gateway, namespace: BenchNamespace): Promise<readonly Figure[]> {
  const { signal, size } = gateway;
  const command = (name: PolicyCommand) => ({ name, round: () => policyCommand(gateway, namespace, name) });
  const shell = (name: string, script: string) => ({
    name,
    round: () => inNamespace(gateway, namespace, script),
  });
  const values = await inRounds(
    [
      command('vpn-policy-reconcile'),
      shell('listing', listing),
      command('vpn-policy-apply'),
      shell('HTB by HTB', listingByHtb(gateway.stateDir)),
    ],
    { rounds: size.idleRounds, signal },
  );
  const common = { what: whatOf(size, 'no-op'), unit: 'ms' } as const;
  return [
    compare(values, { ...common, subject: 'vpn-policy-reconcile', peer: 'listing', ...targetOf(size, 1.5) }),
    compare(values, { ...common, subject: 'vpn-policy-reconcile', peer: 'HTB by HTB' }),
    compare(values, { ...common, subject: 'vpn-policy-apply', peer: 'listing' }),
  ];
}

async function measureMemory(gateway: Gateway, namespace: BenchNamespace): Promise<Figure> {
  const subject = 'vpn-policy-reconcile';
  const peaksOf = async (argv: readonly [string, ...string[]]) => {
    const peaks: number[] = [];
    for (let round = 0; round < 3; round += 1) peaks.push(await peakOf(argv, gateway.signal));
    return spreadOf(peaks);
  };
  const list = 'nft -j list table';
  return absolute({
    what: whatOf(gateway.size, 'no-op, peak memory'),
    subject,
    unit: 'MB',
    value: await peaksOf(policyArgv(gateway, namespace, subject)),
    peer: {
      name: list,
      value: await peaksOf([...namespace.entry, ...list.split(' '), 'inet', 'holdfast']),
    },
    target: { relation: '≤', limit: 300 },
  });
}

async function peakOf(argv: readonly [string, ...string[]], signal: AbortSignal): Promise<number> {
  let watch: PeakMemory | undefined;
  const onStart = (child: Parameters<typeof watchPeakMemory>[0]) => {
    watch = watchPeakMemory(child);
  };
  try {
    await runChild(argv, { signal, onStart });
    return watch?.peakMb() ?? Number.NaN;
  } finally {
    watch?.[Symbol.dispose]();
  }
}

/** @returns milliseconds from start to exit */
async function policyCommand(
  gateway: Gateway,
  namespace: BenchNamespace,
  name: PolicyCommand,
): Promise<number> {
  return (await runChild(policyArgv(gateway, namespace, name), gateway)).tookMs;
}

function policyArgv(
  gateway: Gateway,
  { name }: BenchNamespace,
  command: PolicyCommand,
): readonly [string, ...string[]] {
  return [installedBin(command), '--state-dir', gateway.stateDir, '--netns', name];
}

async function inNamespace(gateway: Gateway, { entry }: BenchNamespace, script: string): Promise<number> {
  return (await runChild([...entry, 'sh', '-c', script], gateway)).tookMs;
}

/** The peer's state is the desired one, or the comparison would be of two different things. */
async function assertUnchanged(gateway: Gateway, namespace: BenchNamespace): Promise<void> {
  const argv = [...policyArgv(gateway, namespace, 'vpn-policy-apply'), '--dry-run', '--json'] as const;
  const { stdout } = await runChild(argv, { ...gateway, accepts: [0, 2] });
  const { outcome, drift } = JSON.parse(stdout) as {
    readonly outcome: string;
    readonly drift: readonly object[];
  };
  if (outcome === 'unchanged') return;
  const first = JSON.stringify(drift[0]);
  throw new Error(
    `the state made by hand is not the desired one: ${drift.length} differences, such as ${first}`,
  );
}

function targetOf({ hasTargets }: GatewaySize, limit: number): { readonly target?: Target } {
  return hasTargets ? { target: { relation: '≤', limit } } : {};
}

function whatOf({ sessions }: GatewaySize, what: string): string {
  return `${sessions.toLocaleString('en').replaceAll(',', ' ')} sessions, ${what}`;
}
