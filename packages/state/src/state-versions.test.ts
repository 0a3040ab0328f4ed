/** Documents of other versions: migrated, refused, and what a migration that fails leaves. */
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter, type FilePort, nodeFilePort } from '@holdfast/atomic-writer';
import { fakeHeld } from '@holdfast/base/fake-held';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Migration } from './document-schema.ts';
import { StateReader } from './state-reader.ts';

/** Version 1 is a number, 2 an object, 3 has a unit. */
const toObject: Migration = (count) => ({ count });
const withUnit: Migration = (value) => ({ ...(value as { readonly count: number }), unit: 'ms' });
const schemas = [
  z.number(),
  z.object({ count: z.number() }),
  z.object({ count: z.number(), unit: z.string() }),
] as const;

describe('versions of a document', () => {
  let directory: string;
  let path: string;
  const held = fakeHeld({ scope: 'doc' });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-versions-'));
    path = join(directory, 'doc');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  function readerOf(version: 1 | 2 | 3, migrations = [toObject, withUnit]): StateReader<unknown> {
    return new StateReader<unknown>({
      validator: schemas[version - 1] ?? z.never(),
      migrations: migrations.slice(0, version - 1),
      writer: new AtomicWriter({ durability: 'none' }),
      scope: 'doc',
    });
  }

  it('an older document is read through every migration in between, and stays as it is', async () => {
    readerOf(1).updateSync(path, held, () => 7);
    const before = readFileSync(path);
    expect(readerOf(2).readSync(path).value).toEqual({ count: 7 });
    expect((await readerOf(3).read(path)).value).toEqual({ count: 7, unit: 'ms' });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('an update gets the migrated value and writes the new version', async () => {
    readerOf(1).updateSync(path, held, () => 7);
    const given: unknown[] = [];
    await readerOf(3).update(path, held, (value) => {
      given.push(value);
      return value;
    });
    expect(given).toEqual([{ count: 7, unit: 'ms' }]);
    const strict = readerOf(3, [failing, failing]);
    expect(strict.readSync(path)).toMatchObject({ value: { count: 7, unit: 'ms' }, generation: 2 });
  });

  it('a newer document is refused by read and update, and not touched', async () => {
    readerOf(3).updateSync(path, held, () => ({ count: 1, unit: 's' }));
    const before = readFileSync(path);
    const refused = { code: 'DOCUMENT_NEWER', details: { path, found: 3, known: 2 } };
    await expect(readerOf(2).read(path)).rejects.toMatchObject(refused);
    await expect(readerOf(2).update(path, held, () => ({ count: 2 }))).rejects.toMatchObject(refused);
    expect(() => readerOf(1).updateSync(path, held, () => 2)).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_NEWER' }),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('the last good generation is served in the present version, and written again in its own', async () => {
    readerOf(2).updateSync(path, held, () => ({ count: 7 }));
    readerOf(3).updateSync(path, held, () => ({ count: 8, unit: 's' }));
    truncateSync(path, 30);
    expect(readerOf(3).readSync(path)).toMatchObject({
      value: { count: 7, unit: 'ms' },
      source: 'last-good',
    });
    readerOf(3).updateSync(path, held, () => ({ count: 9, unit: 's' }));
    const lastGood = readerOf(2).readSync(`${path}.last-good`);
    expect(lastGood).toMatchObject({ value: { count: 7 }, generation: 2 });
  });

  it('a migration or change that works in place leaves the last good generation what it was', async () => {
    const inPlace: Migration = (value) => Object.assign(value as object, { unit: 'ms' });
    const writer = new AtomicWriter({ durability: 'none', fs: fullAt(path) });
    const options = { validator: asItIs, migrations: [inPlace], scope: 'doc' } as const;
    const plain = new StateReader({ ...options, migrations: [], writer: new AtomicWriter() });
    for (const count of [1, 2]) plain.updateSync(path, held, () => ({ count }));
    truncateSync(path, 30);
    const change = (value: unknown) => Object.assign(value as object, { count: 99 });
    const full = new StateReader({ ...options, writer });
    await expect(full.update(path, held, change)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    expect(() => full.updateSync(path, held, change)).toThrow(
      expect.objectContaining({ code: 'WRITE_FAILED' }),
    );
    expect(plain.readSync(path)).toMatchObject({ value: { count: 1 }, source: 'last-good' });
    expect(plain.readSync(path).value).not.toHaveProperty('unit');
  });

  it.each([
    ['throws', failing],
    ['returns a promise that rejects', () => Promise.reject(new Error('later'))],
    ['makes what the schema refuses', () => 'text'],
  ])('a migration that %s is told with the path, and nothing is written', async (_, migration) => {
    readerOf(1).updateSync(path, held, () => 7);
    const before = readFileSync(path);
    const broken = readerOf(2, [migration]);
    const refused = { code: 'DOCUMENT_INVALID', details: { path, issues: [expect.anything()] } };
    await expect(broken.read(path)).rejects.toMatchObject(refused);
    await expect(broken.update(path, held, () => ({ count: 1 }))).rejects.toMatchObject(refused);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

/** A schema that hands out the very value it got. */
const asItIs: StandardSchemaV1<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'hand-made', validate: (value) => ({ value }) },
};

/** A disk on which nothing can be put at `path`. */
function fullAt(path: string): FilePort {
  const rename: FilePort['rename'] = (from, to) => {
    if (to === path) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    nodeFilePort.rename(from, to);
  };
  return { ...nodeFilePort, rename };
}

function failing(): never {
  throw new Error('no');
}
