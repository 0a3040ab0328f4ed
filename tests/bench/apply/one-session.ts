/**
 * One changed session on a gateway that has many: what `writeDelta` takes in process beside the two commands that somebody
 * would type, and whether that grows with the number of sessions.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKernelDataplane, deltaOf, type PolicyState } from '@holdfast/gateway-policy';
import { LockRunner } from '@holdfast/lock-runner';
import type { BenchContext } from '../bench.ts';
import { compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { runChild } from '../run-child.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { benchDevice, benchNamespace } from './bench-namespace.ts';
import { benchShards, seedSessions } from './seed-sessions.ts';
import { stateByHand } from './state-by-hand.ts';

/** Changes of each round; half of them go there and half back. */
const changesOfRound = 10;

/** @param sizes - how many sessions the gateways have, the smallest first */
export async function measureOneSession(
  context: BenchContext,
  sizes: readonly number[],
): Promise<readonly Figure[]> {
  await using stack = new AsyncDisposableStack();
  const gateways: GatewayAtWork[] = [];
  for (const sessions of sizes) {
    context.tell(`one changed session: a gateway of ${sessions}`);
    gateways.push(await gatewayAtWork(stack, context, sessions));
  }
  const values = await inRounds(
    gateways.flatMap(({ name, inProcess, byHand }) => [
      { name: `writeDelta, ${name}`, round: () => msPerChange(inProcess) },
      { name: `by hand, ${name}`, round: () => msPerChange(byHand) },
    ]),
    { rounds: context.isFull ? 30 : 15, signal: context.signal },
  );
  const names = gateways.map(({ name }) => name);
  const [small = '', big = ''] = [names[0], names.at(-1)];
  const line = (name: string) =>
    ({ what: `one changed session of ${name}`, unit: 'ms', subject: `writeDelta, ${name}` }) as const;
  return [
    ...names.map((name) => {
      const target = name === big ? { target: { relation: '≤', limit: 1.5 } as const } : {};
      return compare(values, { ...line(name), peer: `by hand, ${name}`, ...target });
    }),
    compare(values, { ...line(big), peer: `writeDelta, ${small}`, target: { relation: '≤', limit: 1.2 } }),
  ];
}

interface GatewayAtWork {
  /** How many sessions it has, for people. */
  readonly name: string;
  /** Makes change number `turn`. */
  readonly inProcess: (turn: number) => Promise<void>;
  readonly byHand: (turn: number) => Promise<void>;
}

/** What the session is and what it becomes: another rate, and restricted. Session 256 has slot 2 of shard 0. */
const before: PolicyState = {
  restricted: new Set(),
  classOf: new Map([['10.64.1.0', '3:2']]),
  classes: new Map([['3:2', '10Mbit']]),
};
const after: PolicyState = {
  ...before,
  restricted: new Set(['10.64.1.0']),
  classes: new Map([['3:2', '20Mbit']]),
};

async function gatewayAtWork(
  stack: AsyncDisposableStack,
  { signal }: BenchContext,
  sessions: number,
): Promise<GatewayAtWork> {
  const { path } = stack.use(scratchDirectory());
  const namespace = stack.use(benchNamespace());
  const inside = (script: string) => runChild([...namespace.entry, 'sh', '-c', script], { signal });
  await inside(await stateByHand(await seedSessions(path, sessions), path));
  const held = stack.use(await new LockRunner({ directory: join(path, 'locks') }).acquire('policy:bench'));
  const gateway = { device: benchDevice, shards: benchShards };
  const dataplane = createKernelDataplane({ gateway, netns: namespace.name });
  const deltas = [deltaOf(before, after), deltaOf(after, before)] as const;
  const scripts = (['create', 'delete'] as const).map((verb) => {
    const file = join(path, `${verb}.nft`);
    writeFileSync(file, `${verb} element inet holdfast restricted4 { 10.64.1.0 }\n`);
    const rate = verb === 'create' ? '20mbit' : '10mbit';
    return `tc class change dev ${benchDevice} parent 3: classid 3:2 htb rate ${rate} && nft -f ${file}`;
  });
  return {
    name: sessions.toLocaleString('en').replaceAll(',', ' '),
    inProcess: (turn) => dataplane.writeDelta(deltas[turn % 2 === 0 ? 0 : 1], held),
    byHand: async (turn) => void (await inside(scripts[turn % 2] ?? '')),
  };
}

async function msPerChange(change: (turn: number) => Promise<void>): Promise<number> {
  const startMs = performance.now();
  for (let turn = 0; turn < changesOfRound; turn += 1) await change(turn);
  return (performance.now() - startMs) / changesOfRound;
}
