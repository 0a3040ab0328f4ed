/**
 * Any order of writes, groups, crashes at any call, sweeps, reads, updates, resets and undos, against a model that is one
 * line: a file holds what was last published, or, after a crash, that or what was being published, and a reset publishes
 * both files or neither. A crash is a port that does nothing any more from its n-th call on, clean-up included, as after a
 * SIGKILL.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter, type FilePort, nodeFilePort } from '@holdfast/atomic-writer';
import { fakeHeld } from '@holdfast/base/fake-held';
import { ownIdentity } from '@holdfast/base/process-identity';
import { nodeResetPort, ResetExecutor } from '@holdfast/reset-executor';
import { StateReader } from '@holdfast/state';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { counts } from '../support/counts.ts';
import { watchedPort, watchLibrary } from './watched-calls.ts';

const seed = Date.now() % 2 ** 31;
const engines = ['native', 'portable'] as const;
const methods = ['sync', 'text', 'stream', 'group'] as const;

const step = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    data: fc.uint8Array({ maxLength: 200 }),
    method: fc.constantFrom(...methods),
    engine: fc.constantFrom(...engines),
    /** The call at which it dies; most writes have fewer than 20. */
    crashAt: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('update' as const),
    crashAt: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('reset' as const),
    data: fc.uint8Array({ maxLength: 200 }),
    crashAt: fc.option(fc.integer({ min: 1, max: 110 }), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('undo' as const),
    pick: fc.nat(),
    crashAt: fc.option(fc.integer({ min: 1, max: 110 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('read' as const) }),
  fc.record({ kind: fc.constant('sweep' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

describe('any interleaving', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'holdfast-interleaving-'));
  });

  afterAll(() => rmSync(root, { recursive: true }));

  it(`of writes, crashes, sweeps, reads, updates, resets and undos leaves old or new, whole (seed ${seed})`, async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        runs += 1;
        const directory = join(root, `${runs}`);
        mkdirSync(directory);
        const world = new World(directory);
        for (const each of steps) await world.take(each);
        await world.take({ kind: 'sweep' });
        expect(readdirSync(directory).filter((name) => name.includes('holdfast-tmp'))).toEqual([]);
      }),
      { seed, numRuns: counts.interleavings },
    );
  });
});

class World {
  readonly #directory: string;
  readonly #file: string;
  readonly #document: string;
  readonly #reader: StateReader<number>;
  readonly #held = fakeHeld({ scope: 'doc' });
  /** What each reset and undo found, by its id. */
  readonly #before = new Map<string, Contents>();
  #content: Buffer | undefined;
  #generation = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.#file = join(directory, 'file');
    this.#document = join(directory, 'doc');
    this.#reader = documentReader(nodeFilePort);
  }

  async take(each: Step): Promise<void> {
    switch (each.kind) {
      case 'write':
        return await this.#write(each);
      case 'update':
        return await this.#update(each.crashAt);
      case 'reset':
        return await this.#reset(Buffer.from(each.data), each.crashAt);
      case 'undo':
        return await this.#undo(each.pick, each.crashAt);
      case 'sweep': {
        const { kept } = await new AtomicWriter({ fs: portOfAnother() }).sweepOrphans(this.#directory);
        expect(kept).toEqual([]);
        return this.#check();
      }
      case 'read':
        return this.#check();
      default:
        each satisfies never;
    }
  }

  async #write({ data, method, engine, crashAt }: Extract<Step, { kind: 'write' }>): Promise<void> {
    const bytes = Buffer.from(data);
    const isDone = await this.#attempt(engine, crashAt, (writer) => act(writer, this.#file, bytes, method));
    const found = contentOf(this.#file);
    const isNew = found?.equals(bytes) === true;
    const isOld = found === undefined ? this.#content === undefined : this.#content?.equals(found) === true;
    expect(isDone ? isNew : isNew || isOld, `after ${method} (${engine}), dead at ${crashAt}`).toBe(true);
    this.#content = found;
  }

  async #attempt(
    engine: 'native' | 'portable',
    crashAt: number | undefined,
    attempt: (writer: AtomicWriter) => Promise<boolean>,
  ): Promise<boolean> {
    const death = dying(crashAt);
    using _library = watchLibrary(this.#directory, death.before);
    return await attempt(new AtomicWriter({ durability: 'none', engine, fs: death.port }));
  }

  async #update(crashAt: number | undefined): Promise<void> {
    const death = dying(crashAt);
    const updating = documentReader(death.port).update(this.#document, this.#held, (value = 0) => value + 1);
    const published = await updating.catch(() => undefined);
    const { generation, source } = this.#reader.readSync(this.#document);
    if (published !== undefined) expect(generation).toBe(published.generation);
    expect([this.#generation, this.#generation + 1]).toContain(generation);
    expect(source).toBe(generation === 0 ? 'absent' : 'current');
    this.#generation = generation;
  }

  /** The document goes, the file gets other bytes, as one. */
  async #reset(bytes: Buffer, crashAt: number | undefined): Promise<void> {
    const actions = [
      { kind: 'remove', path: 'doc' },
      { kind: 'replace', path: 'file', content: bytes },
    ] as const;
    const request = { reason: { kind: 'manual', scope: 'doc' }, scope: 'doc', actions };
    await this.#asOne({ content: bytes, generation: 0 }, crashAt, (executor) =>
      executor.reset(request, this.#held),
    );
  }

  async #undo(pick: number, crashAt: number | undefined): Promise<void> {
    const ids = [...this.#before.keys()];
    const id = ids[pick % Math.max(ids.length, 1)];
    const before = id === undefined ? undefined : this.#before.get(id);
    if (id === undefined || before === undefined) return;
    await this.#asOne(before, crashAt, (executor) => executor.undo(id, this.#held, { overwrite: true }));
  }

  /** After the act, and after a crash in it and the resume, both files are what they were or both as `after` says. */
  async #asOne(
    after: Contents,
    crashAt: number | undefined,
    attempt: (executor: ResetExecutor) => Promise<{ readonly id: string }>,
  ): Promise<void> {
    const before = { content: this.#content, generation: this.#generation };
    const death = dying(crashAt);
    const fs = watchedPort(death.before, nodeResetPort);
    const receipt = await attempt(new ResetExecutor({ directory: this.#directory, fs })).catch(
      () => undefined,
    );
    const healthy = new ResetExecutor({ directory: this.#directory });
    await healthy.resume(this.#held);
    const found = {
      content: contentOf(this.#file),
      generation: this.#reader.readSync(this.#document).generation,
    };
    expect(receipt === undefined ? [before, after] : [after]).toContainEqual(found);
    const [newest] = await healthy.list();
    if (newest !== undefined && !this.#before.has(newest.id)) this.#before.set(newest.id, before);
    this.#content = found.content;
    this.#generation = found.generation;
  }

  #check(): void {
    const found = contentOf(this.#file);
    expect(found === undefined ? this.#content === undefined : this.#content?.equals(found)).toBe(true);
    expect(this.#reader.readSync(this.#document).generation).toBe(this.#generation);
  }
}

interface Contents {
  readonly content: Buffer | undefined;
  readonly generation: number;
}

async function act(writer: AtomicWriter, path: string, bytes: Buffer, method: string): Promise<boolean> {
  try {
    if (method === 'sync') writer.writeSync(path, bytes);
    else if (method === 'group') await writer.writeMany([{ path, data: bytes }]);
    else await writer.write(path, method === 'text' ? bytes : piecesOf(bytes));
    return true;
  } catch {
    return false;
  }
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += 64) yield bytes.subarray(offset, offset + 64);
}

/** A process that is dead from its n-th call on. */
function dying(crashAt = Number.POSITIVE_INFINITY): { readonly port: FilePort; readonly before: () => void } {
  let calls = 0;
  const before = () => {
    calls += 1;
    if (calls >= crashAt) throw new Error('dead');
  };
  return { port: watchedPort(before), before };
}

/** Sees our temps as those of a process that had our pid and is gone: only the start time of their owner differs. */
function portOfAnother(): FilePort {
  const { startTime } = ownIdentity();
  const ours = (path: string) => path.replace(/-1(\.[0-9a-f]{32}\.holdfast-tmp)/, `-${startTime}$1`);
  return {
    ...nodeFilePort,
    list: async (directory) => {
      const names = await nodeFilePort.list(directory);
      return names.map((name) => name.replace(/-\d+(\.[0-9a-f]{32}\.holdfast-tmp)/, '-1$1'));
    },
    inspect: (path) => nodeFilePort.inspect(ours(path)),
    unlink: (path) => nodeFilePort.unlink(ours(path)),
  };
}

function documentReader(fs: FilePort): StateReader<number> {
  const writer = new AtomicWriter({ durability: 'none', fs });
  return new StateReader({ validator: z.number(), writer, scope: 'doc' });
}

function contentOf(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}
