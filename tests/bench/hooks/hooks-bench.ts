/** What a storm of hooks costs: the calls, beside as many shells that do nothing, and the way of their events to the kernel. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ingestSpool } from '@holdfast/gateway-policy';
import type { Truth } from '@holdfast/truth-db';
import type { Bench, BenchContext } from '../bench.ts';
import { absolute, compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { spreadOf } from '../spread.ts';
import { hookStorm, stormCalls, stormGateway, stormWidth, waitingIn } from './hook-storm.ts';
import { liveLags } from './live-lag.ts';

const peer = '/bin/sh -c :';
const subject = 'vpn-policy-hook';
const isRoot = process.geteuid?.() === 0;

export const hooksBench: Bench = {
  name: 'hooks',
  describe: `${stormCalls} hooks, ${stormWidth} at a time, beside as many shells that do nothing; until they are live (root)`,
  run: async (context) => ({
    kind: 'measured',
    figures: [...(await calls(context)), ...(isRoot ? [await live(context)] : [])],
    notes: [
      'Started by xargs with an empty environment; each call leaves one event file, and all of them are counted.',
      'Into truth: embedded SQLite with its default durability, a connection for each event, in batches of 256.',
      ...(isRoot
        ? [
            'Live: from the end of the last call until a watching daemon has all of them in the kernel, which is asked.',
          ]
        : ['Until they are live in the kernel was not measured: network namespaces by name need root.']),
    ],
  }),
};

async function calls({ signal, isFull, tell }: BenchContext): Promise<readonly Figure[]> {
  using directory = scratchDirectory();
  const spool = join(directory.path, 'spool');
  mkdirSync(spool, { mode: 0o700 });
  await using storm = await hookStorm({ stateDir: directory.path, device: 'tun0', signal });
  const ingestMs: number[] = [];
  const values = await inRounds(
    [
      { name: peer, round: storm.callShell },
      {
        name: subject,
        round: async () => {
          const tookMs = await storm.call('up', spool);
          ingestMs.push(await ingest(storm.truth, spool, signal));
          return tookMs;
        },
      },
    ],
    { rounds: isFull ? 21 : 7, signal, onRound: (round) => tell(`calls, round ${round}`) },
  );
  const what = `${stormCalls} calls, ${stormWidth} at a time`;
  return [
    compare(values, { what, unit: 'ms', subject, peer, target: { relation: '≤', limit: 3 } }),
    absolute({
      what: `${stormCalls} events into truth`,
      subject: 'ingestSpool',
      unit: 'ms',
      value: spreadOf(ingestMs),
    }),
  ];
}

async function live(context: BenchContext): Promise<Figure> {
  return absolute({
    what: `${stormCalls} events live after the last call`,
    subject: 'vpn-policy-reconcile',
    unit: 'ms',
    value: spreadOf(await liveLags(context, context.isFull ? 7 : 3)),
    target: { relation: '≤', limit: 2_000 },
  });
}

/** @returns milliseconds */
async function ingest(truth: Truth, spool: string, signal: AbortSignal): Promise<number> {
  const waiting = waitingIn(spool);
  if (waiting !== stormCalls) throw new Error(`${stormCalls} hooks have left ${waiting} events`);
  const startMs = performance.now();
  const { applied } = await ingestSpool({
    truth,
    gateway: stormGateway,
    directory: spool,
    at: Date.now(),
    signal,
  });
  const tookMs = performance.now() - startMs;
  if (applied !== stormCalls) throw new Error(`of ${stormCalls} events ${applied} came into truth`);
  return tookMs;
}
