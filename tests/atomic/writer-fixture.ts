/**
 * One process of the atomic-writer tests. `node writer-fixture.ts MODE …`, with `ENGINE` as the last word of kill and fill:
 * `kill PATH N METHOD` writes and kills itself right before the N-th call to the file system;
 * `storm PATH COUNT TAG` publishes COUNT self-checking documents; `fill PATH SIZE METHOD` writes SIZE bytes;
 * `read PATH` reads a state document; `update PATH COUNT` publishes COUNT generations of one, `kill-update PATH N` one.
 * `kill-group PATH N` writes PATH.1 to PATH.3 as a group and kills itself right before the N-th call;
 * `watch PATH READS WRITERS` reads a document until it has read READS times and seen counts of so many writers
 * and a number of generations.
 * `contend PATH LOCKS TAG` updates a document under its lock until its input ends; `pour PATH MIB` writes a long stream.
 * Prints a line.
 */
import { flushCompileCache } from 'node:module';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { AtomicWriter, type WriteData } from '../../packages/atomic-writer/src/index.ts';
import { fakeHeld } from '../../packages/base/src/fake-held.ts';
import { isHoldfastError } from '../../packages/base/src/index.ts';
import { LockRunner } from '../../packages/lock-runner/src/index.ts';
import { StateReader } from '../../packages/state/src/index.ts';
import { watchedPort, watchLibrary } from './watched-calls.ts';

/** This process is the only writer of its test. */
const onlyHolder = fakeHeld();

const [mode = '', path = '', amount = '0', extra = '', engineName = 'native'] = process.argv.slice(2);
const engine = engineName === 'portable' ? 'portable' : 'native';
const verify = extra === 'verified' ? 'hash' : 'size';

/** A reader that saw fewer has hardly read beside anybody. */
const fewestGenerations = 20;

flushCompileCache(); // whoever is killed writes none
switch (mode) {
  case 'kill':
    await killed(path, Number(amount), extra);
    break;
  case 'storm':
    await storm(path, Number(amount), extra);
    break;
  case 'fill':
    await report(() => publish(new AtomicWriter({ engine }), path, dataOf(Number(amount), extra), extra));
    break;
  case 'contend':
    await contend(path, amount, extra);
    break;
  case 'pour':
    await pour(path, Number(amount));
    break;
  case 'update':
    await update(path, Number(amount), new AtomicWriter({ durability: 'none' }));
    break;
  case 'watch':
    await watch(path, Number(amount), Number(extra));
    break;
  case 'kill-group':
    await killedGroup(path, Number(amount));
    break;
  case 'kill-update':
    await update(path, 1, new AtomicWriter({ fs: watchedPort(dyingBefore(Number(amount))) }));
    break;
  case 'read':
    await report(() => createReader().read(path));
    break;
  default:
    throw new Error(`no mode ${mode}`);
}

async function killed(target: string, killBefore: number, method: string): Promise<void> {
  const before = dyingBefore(killBefore);
  const data = dataOf(200_000, method);
  using _watched = watchLibrary(dirname(target), before);
  const writer = new AtomicWriter({ fs: watchedPort(before), mode: 0o644, engine, verify });
  await publish(writer, target, data, method);
  process.stdout.write('survived\n');
}

async function killedGroup(target: string, killBefore: number): Promise<void> {
  const writer = new AtomicWriter({ fs: watchedPort(dyingBefore(killBefore)), engine });
  await writer.writeMany([1, 2, 3].map((index) => ({ path: `${target}.${index}`, data: `new ${index}` })));
  process.stdout.write('survived\n');
}

/** Dies right before the n-th call, when the one before has had its effect. */
function dyingBefore(killBefore: number): (name: string) => void {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === killBefore) die();
  };
}

/** Counts one up in a document, again and again, each time under the lock that guards it. */
async function contend(target: string, locks: string, tag: string): Promise<void> {
  let isOver = false;
  process.stdin.on('end', () => {
    isOver = true;
  });
  process.stdin.resume();
  const runner = new LockRunner({ directory: locks });
  const reader = createReader(new AtomicWriter({ durability: 'none' }));
  while (!isOver) {
    await runner.run(onlyHolder.scope, {}, async (held) => {
      await reader.update(target, held, (value) => {
        const counted = (value ?? {}) as Readonly<Record<string, number>>;
        return { ...counted, [tag]: (counted[tag] ?? 0) + 1 };
      });
    });
  }
  await runner.close();
}

/** Says how often it read, how many generations it saw, and what no reader may ever see. */
async function watch(target: string, reads: number, writers: number): Promise<void> {
  const reader = createReader();
  const seen = new Set<number>();
  const problems: string[] = [];
  let newest = 0;
  let tags = 0;
  for (let count = 0; count < reads || tags < writers || seen.size < fewestGenerations; count += 1) {
    const { generation, source, value, wentBackFrom } = await reader.read(target);
    const counted = Object.values((value ?? {}) as Readonly<Record<string, number>>);
    // One update is one count, so that a lost one would show as well.
    const sum = counted.reduce((total, each) => total + each, 0);
    const found = { generation, source, sum, wentBackFrom };
    const wanted = { generation, source: generation === 0 ? 'absent' : 'current', sum: generation };
    if (generation < newest || JSON.stringify(found) !== JSON.stringify(wanted))
      problems.push(`after ${newest}: ${JSON.stringify(found)}`);
    newest = generation;
    tags = counted.length;
    seen.add(generation);
    await new Promise(setImmediate);
  }
  print({ generations: seen.size, problems });
}

/** Each piece is new memory: what is kept would show. */
async function pour(target: string, mebibytes: number): Promise<void> {
  const source = async function* () {
    for (let index = 0; index < mebibytes; index += 1) yield Buffer.alloc(1024 * 1024, index);
  };
  await new AtomicWriter({ durability: 'none' }).write(target, Readable.from(source()));
  print({ peakKiB: process.resourceUsage().maxRSS });
}

/** Keeps the thread until the signal has come, so that nothing further happens. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

async function storm(target: string, count: number, tag: string): Promise<void> {
  const writer = new AtomicWriter({ durability: 'none', engine: tag < 'c' ? 'native' : 'portable' });
  for (let index = 0; index < count; index += 1) {
    const line = `${tag} ${index}\n`;
    const text = line.repeat(1 + (index % 400));
    if (index % 2 === 0) writer.writeSync(target, text);
    else await writer.write(target, text);
  }
  process.stdout.write('done\n');
}

async function publish(
  writer: AtomicWriter,
  target: string,
  data: WriteData,
  method: string,
): Promise<unknown> {
  if (method === 'sync' && (typeof data === 'string' || data instanceof Uint8Array))
    return writer.writeSync(target, data);
  if (method === 'group' && data instanceof Uint8Array)
    return await writer.writeMany([{ path: target, data }]);
  return await writer.write(target, data);
}

function dataOf(sizeBytes: number, method: string): WriteData {
  const bytes = Buffer.alloc(sizeBytes, 'new ');
  if (method === 'text' || method === 'sync') return bytes.toString();
  if (method === 'bytes' || method === 'group' || method === 'verified') return bytes;
  return (async function* () {
    for (let offset = 0; offset < bytes.length; offset += 65_536)
      yield bytes.subarray(offset, offset + 65_536);
  })();
}

async function update(target: string, count: number, writer: AtomicWriter): Promise<void> {
  const reader = createReader(writer);
  for (let index = 0; index < count; index += 1) {
    // The size changes from one generation to the next, so that a torn mix of two would show.
    await reader.update(target, onlyHolder, (value) =>
      `${value ?? ''}`.slice(0, 5_000).concat('x'.repeat(index % 300)),
    );
  }
  process.stdout.write('survived\n');
}

function createReader(writer = new AtomicWriter()): StateReader<unknown> {
  const validate = (value: unknown) => ({ value });
  const validator = { '~standard': { version: 1 as const, vendor: 'test', validate } };
  return new StateReader({ validator, writer, scope: 'test' });
}

async function report(act: () => Promise<unknown>): Promise<void> {
  try {
    print({ result: await act() });
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    print({ code: error.code, details: error.details, message: error.message });
  }
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
