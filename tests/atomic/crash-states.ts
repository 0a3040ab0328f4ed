/**
 * All states that a power cut may leave after a recorded act, on a file system that keeps no order but what was flushed:
 * of the names since the last flush of the directory, any subset; of bytes that were not flushed, none, a part, zeros of
 * the full length, or all. Real file systems allow fewer; a program that is safe here is safe on all of them.
 *
 * @see ALICE, OSDI 2014: record the calls, enumerate the states that an abstract file system allows, check each
 */
import type { Disk, DiskStep, Trace } from './recorded-trace.ts';

export interface CrashState {
  /** How many steps had been taken when the power went. */
  readonly after: number;
  readonly disk: Disk;
}

type NameStep = Extract<DiskStep, { kind: 'name' | 'unname' }>;

export function* crashStates({ before, steps }: Trace): Generator<CrashState> {
  for (let after = 0; after <= steps.length; after += 1) {
    yield* statesAfter(before, steps.slice(0, after), after);
  }
}

function* statesAfter(before: Disk, steps: readonly DiskStep[], after: number): Generator<CrashState> {
  const lastFlush = steps.findLastIndex(({ kind }) => kind === 'flush-names');
  const isName = (step: DiskStep): step is NameStep => step.kind === 'name' || step.kind === 'unname';
  const kept = steps.slice(0, lastFlush + 1).filter(isName);
  const open = steps.slice(lastFlush + 1).filter(isName);
  for (const subset of subsets(open)) {
    const names = namesAfter(before, [...kept, ...subset]);
    for (const contents of allContents(before, steps, [...new Set(names.values())])) {
      const disk = [...names].map(([path, inode]) => [path, contents.get(inode) ?? Buffer.alloc(0)] as const);
      yield { after, disk: new Map(disk) };
    }
  }
}

function namesAfter(before: Disk, steps: readonly NameStep[]): ReadonlyMap<string, number> {
  const names = new Map([...before.keys()].map((path, inode) => [path, inode]));
  for (const step of steps) {
    if (step.kind === 'unname') names.delete(step.path);
    else {
      if (step.from !== undefined) names.delete(step.from);
      names.set(step.path, step.inode);
    }
  }
  return names;
}

/** Every combination of what the files `inodes` may hold. */
function* allContents(
  before: Disk,
  steps: readonly DiskStep[],
  inodes: readonly number[],
): Generator<ReadonlyMap<number, Buffer>> {
  const [inode, ...rest] = inodes;
  if (inode === undefined) return void (yield new Map());
  for (const content of contentsOf(before, steps, inode)) {
    for (const others of allContents(before, steps, rest)) yield new Map([...others, [inode, content]]);
  }
}

function contentsOf(before: Disk, steps: readonly DiskStep[], inode: number): readonly Buffer[] {
  const old = [...before.values()][inode];
  if (old !== undefined) return [old];
  const lastFlush = steps.findLastIndex((step) => step.kind === 'flush' && step.inode === inode);
  const bytesOf = (part: readonly DiskStep[]) =>
    Buffer.concat(
      part.flatMap((step) => (step.kind === 'write' && step.inode === inode ? [step.bytes] : [])),
    );
  const kept = bytesOf(steps.slice(0, lastFlush + 1));
  const open = bytesOf(steps.slice(lastFlush + 1));
  if (open.length === 0) return [kept];
  const half = open.subarray(0, open.length >> 1);
  return [Buffer.alloc(0), half, Buffer.alloc(open.length), open].map((part) => Buffer.concat([kept, part]));
}

function* subsets<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let mask = 0; mask < 2 ** items.length; mask += 1) {
    yield items.filter((_, index) => (mask >> index) % 2 === 1);
  }
}
