/** Documents: what is read and what is published. On a real directory, with a fake hold. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AtomicWriter, nodeFilePort } from '@holdfast/atomic-writer';
import { HoldfastError } from '@holdfast/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeDocument } from './document-format.ts';
import { StateReader } from './state-reader.ts';
import { type Counter, CounterDocuments, docHeld, increment } from './testing/counter-documents.ts';

describe('StateReader', () => {
  let documents: CounterDocuments;
  let directory: string;
  let path: string;
  let reader: StateReader<Counter>;

  beforeEach(() => {
    documents = new CounterDocuments();
    ({ directory, path, reader } = documents);
  });

  afterEach(() => expect(documents.remove(), 'temporary files left').toEqual([]));

  describe('reading', () => {
    it('an absent document is absent', async () => {
      const absent = { value: undefined, generation: 0, source: 'absent' };
      expect(await reader.read(path)).toEqual(absent);
      expect(reader.readSync(join(directory, 'none', 'doc'))).toEqual(absent);
    });

    it('what was published is read back, blocking or not', async () => {
      await documents.publish(3);
      const expected = { value: { count: 3 }, generation: 3, source: 'current' };
      expect(await reader.read(path)).toEqual(expected);
      expect(reader.readSync(path)).toEqual(expected);
    });

    it('an empty file is damage, not absence', async () => {
      writeFileSync(path, '');
      await expect(reader.read(path)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    });

    it('an unreadable file is an error with its errno', async () => {
      writeFileSync(join(directory, 'file'), '');
      await expect(reader.read(join(directory, 'file', 'doc'))).rejects.toMatchObject({
        code: 'READ_FAILED',
        details: { errno: 'ENOTDIR' },
      });
    });

    it('a directory and a link are refused', async () => {
      mkdirSync(path);
      await expect(reader.read(path)).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
      symlinkSync('elsewhere', join(directory, 'link'));
      expect(() => reader.readSync(join(directory, 'link'))).toThrow(
        expect.objectContaining({ code: 'TARGET_REFUSED' }),
      );
    });

    it('a document of a newer format is refused, not called damaged', async () => {
      await documents.publish(2);
      writeFileSync(path, '{"format":2,"generation":9}\nbinary');
      const refused = { code: 'DOCUMENT_NEWER', details: { format: 2 } };
      await expect(reader.read(path)).rejects.toMatchObject(refused);
      await expect(reader.update(path, docHeld(), increment)).rejects.toMatchObject(refused);
    });

    it('every problem of an invalid document is listed with its path', async () => {
      writeFileSync(path, encodeDocument('{"count":1.5,"note":7}', 1));
      const error = await reader.read(path).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'DOCUMENT_INVALID', details: { path } });
      expect(issuesOf(error)).toEqual(['/count', '/note']);
    });
  });

  describe('updating', () => {
    it('numbers the generations from 1, one by one', async () => {
      const published = [];
      for (let index = 0; index < 3; index += 1) {
        published.push(
          await reader.update(path, docHeld(), increment),
          reader.updateSync(path, docHeld(), increment),
        );
      }
      expect(published.map(({ generation }) => generation)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(published.at(-1)?.value).toEqual({ count: 6 });
    });

    it('keeps the generation before as the last good one', async () => {
      await documents.publish(3);
      expect(readdirSync(directory).sort()).toEqual(['doc', 'doc.last-good']);
      expect(documents.createReader().readSync(`${path}.last-good`)).toMatchObject({
        value: { count: 2 },
        generation: 2,
      });
    });

    it('the current generation is readable up to the rename, and is the last good one by then', async () => {
      await documents.publish(2);
      const rename = (from: string, to: string) => {
        const current = { generation: 2, source: 'current' };
        expect(reader.readSync(path)).toMatchObject(current);
        expect(reader.readSync(`${path}.last-good`)).toMatchObject(current);
        nodeFilePort.rename(from, to);
      };
      await documents.createReader({ ...nodeFilePort, rename }).update(path, docHeld(), increment);
      expect(reader.readSync(path).generation).toBe(3);
    });

    it('publishes through the hold', async () => {
      const held = docHeld();
      await reader.update(path, held, increment);
      expect(held.publishes).toBe(1);
    });

    it.each([
      ['another scope', { scope: 'other' }, 'LOCK_WRONG_SCOPE'],
      ['a shared hold', { mode: 'shared' }, 'LOCK_WRONG_SCOPE'],
      ['a released hold', { isReleased: true }, 'LOCK_RELEASED'],
      ['a lost hold', { signal: AbortSignal.abort(new HoldfastError('LOCK_LOST', 'gone')) }, 'LOCK_LOST'],
    ] as const)('is refused with %s', async (_, overrides, code) => {
      await documents.publish(2);
      const held = docHeld(overrides);
      await expect(reader.update(path, held, increment)).rejects.toMatchObject({ code });
      expect(() => reader.updateSync(path, held, increment)).toThrow(expect.objectContaining({ code }));
      await expect(reader.remove(path, held)).rejects.toMatchObject({ code });
      expect(reader.readSync(path)).toMatchObject({ generation: 2, source: 'current' });
    });

    it('no hold at all is refused as a hold of no scope', async () => {
      const none = undefined as never;
      const refused = { code: 'LOCK_WRONG_SCOPE', details: { needed: 'doc' } };
      await expect(reader.update(path, none, increment)).rejects.toMatchObject(refused);
      expect(() => reader.updateSync(path, none, increment)).toThrow(expect.objectContaining(refused));
      await expect(reader.remove(path, none)).rejects.toMatchObject(refused);
    });

    it('a hold lost before the publish leaves both generations', async () => {
      await documents.publish(2);
      const held = docHeld();
      held.loss = new HoldfastError('LOCK_LOST', 'taken over');
      await expect(reader.update(path, held, increment)).rejects.toBe(held.loss);
      expect(reader.readSync(path).generation).toBe(2);
      expect(reader.readSync(`${path}.last-good`).generation).toBe(1);
    });

    it('a write that fails leaves both generations', async () => {
      await documents.publish(2);
      const flush = () => {
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      };
      const full = documents.createReader({ ...nodeFilePort, write: flush });
      await expect(full.update(path, docHeld(), increment)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
      expect([reader.readSync(path).generation, reader.readSync(`${path}.last-good`).generation]).toEqual([
        2, 1,
      ]);
    });

    it('an invalid next value is refused with every problem and nothing is written', async () => {
      await documents.publish(1);
      const change = () => ({ count: 'x', note: 5 }) as unknown as Counter;
      const error = await reader.update(path, docHeld(), change).catch((reason: unknown) => reason);
      expect(issuesOf(error)).toEqual(['/count', '/note']);
      expect(reader.readSync(path).generation).toBe(1);
    });

    it.each([
      ['undefined', undefined],
      ['a BigInt', { count: 1n }],
      ['NaN', { count: Number.NaN }],
    ])('a next value that JSON cannot carry (%s) is refused', async (_, value) => {
      const change = () => value as unknown as Counter;
      await expect(reader.update(path, docHeld(), change)).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
      });
      expect(existsSync(path)).toBe(false);
    });

    it.each([
      ['resolves', async () => ({ count: 7 })],
      ['rejects', () => Promise.reject(new Error('nobody waits for this'))],
      // biome-ignore lint/suspicious/noThenProperty: this is what the test is about
      ['is of another library', () => ({ then: () => undefined })],
    ])('a change that returns a promise that %s is refused, not stored as {}', async (_what, change) => {
      const writer = new AtomicWriter({ durability: 'none' });
      const anything = new StateReader({ validator: z.unknown(), writer, scope: 'doc' });
      const refused = { code: 'DOCUMENT_INVALID', details: expect.objectContaining({ path }) };
      await expect(anything.update(path, docHeld(), change)).rejects.toMatchObject(refused);
      expect(() => anything.updateSync(path, docHeld(), change)).toThrow(expect.objectContaining(refused));
      expect(existsSync(path)).toBe(false);
    });

    it('a next value that is larger than every runtime can read is refused', () => {
      const writer = new AtomicWriter({ durability: 'none' });
      const anything = new StateReader({ validator: z.string(), writer, scope: 'doc' });
      const huge = 'x'.repeat(2 ** 28);
      expect(() => anything.updateSync(path, docHeld(), () => huge)).toThrow(
        expect.objectContaining({ code: 'DOCUMENT_INVALID' }),
      );
      expect(existsSync(path)).toBe(false);
    });

    it.each([
      ['current', Number.MAX_SAFE_INTEGER],
      ['last good', Number.MAX_SAFE_INTEGER - 1],
    ])('a %s generation that no number can follow is refused and stays', async (which, generation) => {
      const bytes = encodeDocument('{"count":1}', generation);
      writeFileSync(which === 'current' ? path : `${path}.last-good`, bytes);
      const refused = { code: 'DOCUMENT_INVALID', details: expect.objectContaining({ path }) };
      await expect(reader.update(path, docHeld(), increment)).rejects.toMatchObject(refused);
      expect(() => reader.updateSync(path, docHeld(), increment)).toThrow(expect.objectContaining(refused));
      expect(reader.readSync(path)).toMatchObject({ value: { count: 1 }, generation });
    });

    it('the last generation that a number can count is published and read', async () => {
      writeFileSync(path, encodeDocument('{"count":1}', Number.MAX_SAFE_INTEGER - 1));
      await reader.update(path, docHeld(), increment);
      expect(reader.readSync(path)).toMatchObject({ generation: Number.MAX_SAFE_INTEGER, source: 'current' });
    });

    it('what the change throws is passed on and nothing is written', async () => {
      const cause = new Error('no');
      const change = () => {
        throw cause;
      };
      await expect(reader.update(path, docHeld(), change)).rejects.toBe(cause);
      expect(readdirSync(directory)).toEqual([]);
    });

    it('a schema that transforms reads back what it published', async () => {
      const dated = new StateReader({
        validator: z.object({ at: z.coerce.date() }),
        writer: new AtomicWriter({ durability: 'none' }),
        scope: 'doc',
      });
      const at = new Date(86_400_000);
      expect((await dated.update(path, docHeld(), () => ({ at }))).value).toEqual({ at });
      await dated.update(path, docHeld(), (value) => ({ at: new Date((value?.at.getTime() ?? 0) + 1) }));
      expect(dated.readSync(path).value).toEqual({ at: new Date(86_400_001) });
    });
  });

  describe('removal', () => {
    it('removes the document and its last good generation, again and again', async () => {
      await documents.publish(3);
      await reader.remove(path, docHeld());
      await reader.remove(path, docHeld());
      expect(readdirSync(directory)).toEqual([]);
      expect((await reader.read(path)).source).toBe('absent');
    });

    it('a removal that stops half-way leaves the current generation, not the one before', async () => {
      await documents.publish(3);
      const unlink = () => {
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      };
      const failing = documents.createReader({ ...nodeFilePort, unlink });
      await expect(failing.remove(path, docHeld())).rejects.toMatchObject({ code: 'WRITE_FAILED' });
      expect(reader.readSync(path)).toMatchObject({ generation: 3, source: 'current' });
    });
  });
});

function issuesOf(error: unknown): readonly string[] {
  const { details } = error as {
    readonly details: { readonly issues: readonly { readonly path: string }[] };
  };
  return details.issues.map((issue) => issue.path);
}
