/**
 * One process of the atomic-writer tests. `node writer-fixture.ts MODE …`:
 * `kill PATH N METHOD` writes and kills itself right after the N-th call to the file system;
 * `storm PATH COUNT TAG` publishes COUNT self-checking documents; `fill PATH SIZE METHOD` writes SIZE bytes;
 * `read PATH` reads a state document; `update PATH COUNT` publishes COUNT generations of one, `kill-update PATH N` one.
 * Prints a line.
 */
import {
  AtomicWriter,
  type FilePort,
  nodeFilePort,
  type WriteData,
} from '../../packages/atomic-writer/src/index.ts';
import { fakeHeld } from '../../packages/base/src/fake-held.ts';
import { isHoldfastError } from '../../packages/base/src/index.ts';
import { StateReader } from '../../packages/state/src/index.ts';

/** This process is the only writer of its test. */
const onlyHolder = fakeHeld();

const [mode = '', path = '', amount = '0', extra = ''] = process.argv.slice(2);

switch (mode) {
  case 'kill':
    await killed(path, Number(amount), extra);
    break;
  case 'storm':
    await storm(path, Number(amount), extra);
    break;
  case 'fill':
    await report(() => publish(new AtomicWriter(), path, dataOf(Number(amount), extra), extra));
    break;
  case 'update':
    await update(path, Number(amount), new AtomicWriter({ durability: 'none' }));
    break;
  case 'kill-update':
    await update(path, 1, new AtomicWriter({ fs: killingPort(Number(amount)) }));
    break;
  case 'read':
    await report(() => createReader().read(path));
    break;
  default:
    throw new Error(`no mode ${mode}`);
}

async function killed(target: string, killAfter: number, method: string): Promise<void> {
  const writer = new AtomicWriter({ fs: killingPort(killAfter), mode: 0o644 });
  await publish(writer, target, dataOf(200_000, method), method);
  process.stdout.write('survived\n');
}

/** Dies right after the n-th call; what an asynchronous call has done by then is up to the kernel. */
function killingPort(killAfter: number): FilePort {
  let calls = 0;
  const members = Object.entries(nodeFilePort).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member];
    const call = (...parameters: unknown[]) => {
      const result = Reflect.apply(member, undefined, parameters);
      calls += 1;
      if (calls === killAfter) die();
      return result;
    };
    return [name, call];
  });
  return Object.fromEntries(members);
}

/** Keeps the thread until the signal has come, so that nothing further happens. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

async function storm(target: string, count: number, tag: string): Promise<void> {
  const writer = new AtomicWriter({ durability: 'none' });
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
  return await writer.write(target, data);
}

function dataOf(sizeBytes: number, method: string): WriteData {
  const bytes = Buffer.alloc(sizeBytes, 'new ');
  if (method === 'text' || method === 'sync') return bytes.toString();
  if (method === 'bytes') return bytes;
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
