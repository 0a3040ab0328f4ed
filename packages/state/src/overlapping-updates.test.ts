/** Calls that are made at once under one hold: the lock keeps others out, and the document keeps its holder in step. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter, type FilePort, nodeFilePort } from '@holdfast/atomic-writer';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { StateReader } from './state-reader.ts';
import { documentsInTurn } from './turn-of-document.ts';

describe('updates that overlap', () => {
  let directory: string;
  let path: string;
  const held = fakeHeld({ scope: 'doc' });
  const increment = (value: number | undefined) => (value ?? 0) + 1;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-overlap-'));
    path = join(directory, 'doc');
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
    expect(documentsInTurn()).toBe(0);
  });

  function createReader(fs: FilePort = nodeFilePort): StateReader<number> {
    const writer = new AtomicWriter({ durability: 'file', fs });
    return new StateReader({ validator: z.number(), writer, scope: 'doc' });
  }

  it('none is lost, whatever reader and spelling they came through', async () => {
    const readers = [createReader(), createReader()];
    const spellings = [path, `${directory}/./doc`];
    const updates = Array.from({ length: 12 }, (_, index) => {
      const reader = readers[index % 2] ?? createReader();
      return reader.update(spellings[index % 3 === 0 ? 0 : 1] ?? path, held, increment);
    });
    const published = await Promise.all(updates);
    expect(published.map(({ generation }) => generation)).toEqual(updates.map((_, index) => index + 1));
    expect(createReader().readSync(path)).toEqual({ value: 12, generation: 12, source: 'current' });
  });

  it('one that fails does not hold up the next', async () => {
    const reader = createReader();
    const cause = new Error('no');
    const failing = reader.update(path, held, () => {
      throw cause;
    });
    const next = reader.update(path, held, increment);
    await expect(failing).rejects.toBe(cause);
    expect(await next).toEqual({ value: 1, generation: 1 });
  });

  it('a blocking one in the middle of another is not lost: the other begins again', async () => {
    const seen: (number | undefined)[] = [];
    let hasFlushed = false;
    const flushLater = async (descriptor: number) => {
      await nodeFilePort.flushLater(descriptor);
      if (hasFlushed) return;
      hasFlushed = true;
      expect(createReader().updateSync(path, held, increment)).toEqual({ value: 1, generation: 1 });
    };
    const published = await createReader({ ...nodeFilePort, flushLater }).update(path, held, (value) => {
      seen.push(value);
      return increment(value);
    });
    expect([published, seen]).toEqual([{ value: 2, generation: 2 }, [undefined, 1]]);
    expect(createReader().readSync(path)).toEqual({ value: 2, generation: 2, source: 'current' });
  });

  it('a removal waits for its turn too', async () => {
    const reader = createReader();
    await Promise.all([
      reader.update(path, held, increment),
      reader.remove(path, held),
      reader.update(path, held, (value) => (value ?? 10) + 1),
    ]);
    expect(reader.readSync(path).value).toBe(11);
  });
});
