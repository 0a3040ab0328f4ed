/** Rate-limit decisions: the file backend on tmpfs beside Redis over loopback and rate-limiter-flexible. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { createClient } from 'redis';
import { isMissing } from '../../support/needs.ts';
import { startRedisServer } from '../../support/redis-server.ts';
import type { Bench, BenchContext } from '../bench.ts';
import { absolute, compare, type Figure } from '../figure.ts';
import { inRounds } from '../rounds.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { spreadOf } from '../spread.ts';
import type { DeciderKind, Outcome } from './decider-kind.ts';
import { decisionsPerSecond, usedBytes } from './decisions.ts';

const tmpfs = '/dev/shm';
const fillers = 2;
const subject = 'holdfast file';
const target = { relation: '≥', limit: 1.5 } as const;

/** Where there are few keys or very many, the two that are compared are enough; memory is shared with nobody. */
const pair: readonly DeciderKind[] = [subject, 'bare redis'];
const sharing: readonly DeciderKind[] = [...pair, 'holdfast redis', 'flexible redis'];
const everybody: readonly DeciderKind[] = [...sharing, 'flexible memory'];

interface Setting {
  readonly outcome: Outcome;
  readonly keys: number;
}

/** One key that everybody wants is under attack, and then nearly every decision is a refusal. */
const settings: readonly Setting[] = [
  { outcome: 'allowed', keys: 1_000 },
  { outcome: 'allowed', keys: 1 },
  { outcome: 'refused', keys: 1 },
];
const bigSetting: Setting = { outcome: 'allowed', keys: 1_000_000 };

export const storesBench: Bench = {
  name: 'stores',
  describe: 'rate-limit decisions in files on tmpfs beside Redis over loopback, by 1 and by 8 processes',
  run: async (context) => {
    if (isMissing('redis')) return { kind: 'skipped', because: 'redis-server is not installed' };
    if (!existsSync(tmpfs)) return { kind: 'skipped', because: `${tmpfs} is not there` };
    const port = await freePort();
    await using _server = await startRedisServer({
      args: ['--port', String(port), '--bind', '127.0.0.1', '--maxmemory', '2gb'],
    });
    const figures: Figure[] = [];
    for (const setting of context.isFull ? [...settings, bigSetting] : settings)
      figures.push(...(await measure(context, setting, port)));
    return {
      kind: 'measured',
      figures,
      notes: [
        'One decision in flight per process, keys at random. Files: FileRateLimits with default options, below /dev/shm.',
        'bare redis: the client of the package redis and the shortest script of the same algorithm; no persistence.',
        'rate-limiter-flexible counts in fixed windows; its memory is that of one process and shared with nobody.',
        'Refused: the bucket is empty. Files answer that without a lock, from what one read shows.',
      ],
    };
  },
};

async function measure(context: BenchContext, setting: Setting, port: number): Promise<readonly Figure[]> {
  const { signal, tell } = context;
  const { outcome, keys } = setting;
  using directory = scratchDirectory(tmpfs);
  const common = { ...setting, directory: directory.path, port, signal };
  tell(`${keys} keys, ${outcome}: filling`);
  const sizes = await filled(common);
  const [many, few] = keys === 1_000 ? [everybody, sharing] : [pair, pair];
  const alone = await raced(context, common, { processes: 1, kinds: many });
  const together = await raced(context, common, { processes: 8, kinds: few });
  return [...alone, ...together, ...(keys === 1 ? [] : sizes)];
}

interface Common extends Setting {
  readonly directory: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

async function raced(
  { isFull, tell, signal }: BenchContext,
  common: Common,
  { processes, kinds }: { readonly processes: number; readonly kinds: readonly DeciderKind[] },
): Promise<readonly Figure[]> {
  const what = `${countOf(common.keys)}, ${common.outcome}, by ${processes}`;
  const contestants = kinds.map((kind) => ({
    name: kind,
    round: () => decisionsPerSecond({ ...common, kind, processes, windowMs: 1_000 }),
  }));
  const values = await inRounds(contestants, {
    rounds: isFull ? 5 : 3,
    warmUps: 0, // each process warms itself up
    signal,
    onRound: (round) => tell(`${what}, round ${round}`),
  });
  const line = { what, unit: 'per s' } as const;
  const others = kinds.filter((kind) => kind.startsWith('flexible'));
  return [
    compare(values, { ...line, subject, peer: 'bare redis', target }),
    ...others.map((peer) => compare(values, { ...line, subject, peer })),
    ...(kinds.includes('holdfast redis')
      ? [compare(values, { ...line, subject: 'holdfast redis', peer: 'bare redis' })]
      : []),
  ];
}

function countOf(keys: number): string {
  return keys === 1 ? '1 key' : `${keys.toLocaleString('en').replaceAll(',', ' ')} keys`;
}

/** Makes the buckets of all keys. @returns what they take up */
async function filled(common: Common): Promise<readonly Figure[]> {
  const { keys, directory, port } = common;
  const client = createClient({ socket: { host: '127.0.0.1', port } });
  await client.connect();
  try {
    await client.flushAll();
    const before = { files: usedBytes(directory), redis: await usedMemory(client) };
    const fill = { ...common, processes: fillers, windowMs: 0 };
    await decisionsPerSecond({ ...fill, kind: subject });
    await decisionsPerSecond({ ...fill, kind: 'bare redis' });
    const after = { files: usedBytes(directory), redis: await usedMemory(client) };
    const what = `${countOf(keys)}, memory`;
    const megabytes = (bytes: number) => spreadOf([bytes / 1_000_000]);
    return [
      absolute({
        what,
        unit: 'MB',
        subject,
        value: megabytes(after.files - before.files),
        peer: { name: 'bare redis', value: megabytes(after.redis - before.redis) },
      }),
    ];
  } finally {
    client.destroy();
  }
}

async function usedMemory(client: { info(section: string): Promise<unknown> }): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(String(await client.info('memory')))?.[1] ?? 0);
}

/** Free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  await closed.promise;
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
