/** AtomicWriter with 4 KB beside the bare system calls, write-file-atomic and atomically, on a disk and on tmpfs. */
import { randomBytes } from 'node:crypto';
import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter, type Durability } from '@holdfast/atomic-writer';
import type { Bench, BenchContext } from '../bench.ts';
import { type Comparison, compare, type Figure } from '../figure.ts';
import { type Contestant, inRounds, microsPerBlockingCall, microsPerCall } from '../rounds.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { writeBare, writeBareSync } from './bare-write.ts';
import { atomically, writeFileAtomic } from './peer-writers.ts';

const durabilities = ['full', 'file', 'none'] as const;
const sizeBytes = 4_096;
/** Files of a group. */
const groupSize = 32;
const tmpfsMagic = 0x01021994;

export const atomicWriteBench: Bench = {
  name: 'atomic-write',
  describe: 'AtomicWriter, 4 KB, beside the bare system calls, write-file-atomic and atomically',
  run: async (context) => {
    const figures: Figure[] = [];
    for (const place of places()) figures.push(...(await measurePlace(context, place)));
    return {
      kind: 'measured',
      figures,
      notes: [
        'bare: create, write, fsync, close, rename, fsync of the directory; promises: the same through fs.promises.',
        'file: without the last fsync; none: without either. The libraries run with their defaults, which is `file`.',
      ],
    };
  },
};

interface Place {
  readonly name: 'disk' | 'tmpfs';
  readonly parent: string;
  /** Calls of one round. */
  readonly calls: number;
}

function places(): readonly Place[] {
  // Where /tmp is in memory, /var/tmp is the disk.
  const disk = [tmpdir(), '/var/tmp'].find(
    (path) => existsSync(path) && statfsSync(path).type !== tmpfsMagic,
  );
  return [
    ...(disk === undefined ? [] : [{ name: 'disk', parent: disk, calls: 50 } as const]),
    ...(existsSync('/dev/shm') ? [{ name: 'tmpfs', parent: '/dev/shm', calls: 400 } as const] : []),
  ];
}

async function measurePlace(context: BenchContext, place: Place): Promise<readonly Figure[]> {
  const { signal, isFull, tell } = context;
  using directory = scratchDirectory(place.parent);
  const rounds = isFull ? 61 : 21;
  tell(`${place.name}, ${rounds} rounds of ${place.calls} writes`);
  const values = await inRounds(contestants(directory.path, place.calls), { rounds, signal });
  return comparisons().map(({ what, ...rest }) =>
    compare(values, { what: `${place.name}, ${what}`, ...rest }),
  );
}

/** Each writes a file of its own, again and again. */
function contestants(directory: string, calls: number): readonly Contestant[] {
  const data = randomBytes(sizeBytes);
  const path = (name: string) => join(directory, name.replaceAll(' ', '-'));
  const group = new AtomicWriter({ durability: 'full' });
  const portable = new AtomicWriter({ durability: 'file', engine: 'portable' });
  const entries = Array.from({ length: groupSize }, (_, index) => ({ path: path(`group ${index}`), data }));
  const blocking = (name: string, write: (path: string) => unknown) => ({
    name,
    round: () => microsPerBlockingCall(calls, () => write(path(name))),
  });
  const turning = (name: string, write: (path: string) => Promise<unknown>) => ({
    name,
    round: () => microsPerCall(calls, () => write(path(name))),
  });
  return [
    ...durabilities.flatMap((durability) => {
      const writer = new AtomicWriter({ durability });
      return [
        blocking(`writeSync ${durability}`, (target) => writer.writeSync(target, data)),
        blocking(`bare ${durability}`, (target) => writeBareSync(target, data, durability)),
        turning(`write ${durability}`, (target) => writer.write(target, data)),
        turning(`promises ${durability}`, (target) => writeBare(target, data, durability)),
      ];
    }),
    {
      name: 'writeMany full',
      round: async () => (await microsPerCall(1, () => group.writeMany(entries))) / groupSize,
    },
    {
      name: 'single writes full',
      round: async () => {
        const one = async () => {
          for (const entry of entries) await group.write(entry.path, entry.data);
        };
        return (await microsPerCall(1, one)) / groupSize;
      },
    },
    turning('portable file', (target) => portable.write(target, data)),
    turning('write-file-atomic', (target) => writeFileAtomic(target, data)),
    blocking('write-file-atomic sync', (target) => writeFileAtomic.sync(target, data)),
    turning('atomically', (target) => atomically.write(target, data)),
    blocking('atomically sync', (target) => atomically.writeSync(target, data)),
  ];
}

/** A group of files beside as many single writes, per file. */
const group: Comparison = {
  what: `full, ${groupSize} files`,
  unit: 'µs',
  subject: 'writeMany full',
  peer: 'single writes full',
};

function comparisons(): readonly Comparison[] {
  return [...durabilities.flatMap(besideBareCalls), ...besideLibraries(), group];
}

function besideBareCalls(durability: Durability): readonly Comparison[] {
  const common = { what: durability, unit: 'µs' } as const;
  const target = durability === 'full' ? { target: { relation: '≤', limit: 1.15 } as const } : {};
  return [
    { ...common, subject: `writeSync ${durability}`, peer: `bare ${durability}`, ...target },
    { ...common, subject: `write ${durability}`, peer: `promises ${durability}`, ...target },
    { ...common, subject: `write ${durability}`, peer: `bare ${durability}` },
  ];
}

function besideLibraries(): readonly Comparison[] {
  const common = { what: 'file', unit: 'µs' } as const;
  const target = { relation: '≤', limit: 0.75 } as const;
  return [
    { ...common, subject: 'write file', peer: 'write-file-atomic', target },
    { ...common, subject: 'writeSync file', peer: 'write-file-atomic sync' },
    { ...common, subject: 'write file', peer: 'atomically' },
    { ...common, subject: 'writeSync file', peer: 'atomically sync' },
    { ...common, subject: 'portable file', peer: 'write-file-atomic' },
  ];
}
