/**
 * One act of storage under odd circumstances: `circumstance-child.ts PATH JSON`, where JSON is a `Circumstances`. Prints one
 * line of JSON: `{ result }` or `{ code, details }`, and with `thenAgain` a second one, of the act when they are over.
 */
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  AtomicWriter,
  type AtomicWriterOptions,
  nodeFilePort,
} from '../../packages/atomic-writer/src/index.ts';
import { errnoOf, isHoldfastError } from '../../packages/base/src/index.ts';
import { LockRunner } from '../../packages/lock-runner/src/index.ts';
import { StateReader } from '../../packages/state/src/index.ts';

export interface Circumstances {
  readonly act: 'sync' | 'text' | 'stream' | 'group' | 'remove' | 'read' | 'read-sync' | 'sweep' | 'die';
  readonly writer?: AtomicWriterOptions;
  readonly umask?: number;
  /** Directory of locks: `sweep` then takes the lock of all writers. */
  readonly locks?: string;
  /** All that the process may have are used up. */
  readonly hasNoDescriptors?: boolean;
  readonly thenAgain?: boolean;
}

const [path = '', text = '{}'] = process.argv.slice(2);
const given = JSON.parse(text) as Circumstances;
const readers = { validator: anything(), scope: 'test' };

if (given.umask !== undefined) process.umask(given.umask);
const writer = new AtomicWriter(given.writer);
const reader = new StateReader({ ...readers, writer });
const used = given.hasNoDescriptors === true ? useUpDescriptors() : [];
process.stdout.write(''); // its stream is made while there is a descriptor for it
const first = await outcomeOf(act);
for (const descriptor of used) closeSync(descriptor);
print(first);
if (given.thenAgain === true) print(await outcomeOf(act));

async function act(): Promise<unknown> {
  switch (given.act) {
    case 'sync':
      return writer.writeSync(path, 'new');
    case 'text':
      return await writer.write(path, 'new');
    case 'stream':
      return await writer.write(path, pieces());
    case 'group':
      return await writer.writeMany([{ path, data: 'new' }]);
    case 'remove':
      return await writer.remove(path);
    case 'read':
      return await reader.read(path);
    case 'read-sync':
      return reader.readSync(path);
    case 'sweep':
      return await sweep();
    case 'die':
      return await new AtomicWriter({ ...given.writer, fs: { ...nodeFilePort, rename: die } }).write(
        path,
        'new',
      );
    default:
      return given.act satisfies never;
  }
}

async function sweep(): Promise<unknown> {
  if (given.locks === undefined) return await writer.sweepOrphans(dirname(path));
  const runner = new LockRunner({ directory: given.locks });
  const report = await runner.run('test', {}, (soleWriters) =>
    writer.sweepOrphans(dirname(path), { soleWriters }),
  );
  await runner.close();
  return report;
}

async function* pieces(): AsyncGenerator<string> {
  yield 'n';
  yield 'ew';
}

/** Keeps the thread until the signal has come, so that nothing further happens. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function useUpDescriptors(): number[] {
  const descriptors: number[] = [];
  try {
    for (;;) descriptors.push(openSync('/dev/null', 'r'));
  } catch (error) {
    if (errnoOf(error) !== 'EMFILE') throw error;
  }
  return descriptors;
}

async function outcomeOf(attempt: () => Promise<unknown>): Promise<unknown> {
  try {
    return { result: await attempt() };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { code: error.code, details: error.details };
  }
}

function print(outcome: unknown): void {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

function anything() {
  return {
    '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) },
  };
}
