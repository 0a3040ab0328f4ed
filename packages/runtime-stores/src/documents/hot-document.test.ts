/** What a hot document takes for known, and what it looks at all the same. */
import { chmodSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter, InPlaceFile } from '@holdfast/atomic-writer';
import { HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { HotDocument } from './hot-document.ts';

describe('a hot document', () => {
  let home: string;
  let path: string;
  const held = fakeHeld({ scope: 'test:a' });
  const open = <Entry>(entry: z.ZodType<Entry>) =>
    new HotDocument<Entry>(path, {
      validator: z.record(z.string(), entry),
      writer: new AtomicWriter({ durability: 'none', mode: 0o600 }),
      scope: 'test:a',
    });
  const key = 'a';
  const countUp = (document: HotDocument<number>) =>
    document.changeEntry(held, key, (count = 0) => ({ entry: count + 1 }));

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'holdfast-hot-'));
    path = join(home, 'a.json');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('goes on from what another has written since', () => {
    const [one, other] = [open(z.int()), open(z.int())];
    for (const document of [one, other, other, one, one, other]) countUp(document);
    expect(one.read()).toEqual({ a: 6 });
    expect(readFileSync(path, 'utf8')).toContain('"generation":6');
  });

  it('whose own bytes were changed in place, to the same length, is damaged', () => {
    const document = open(z.int());
    countUp(document);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"a":1', '"a":7'));
    expect(() => document.read()).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID' }));
    expect(() => countUp(document)).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID' }));
  });

  it('that was put back to an earlier generation is read as it is', () => {
    const document = open(z.int());
    countUp(document);
    const earlier = readFileSync(path);
    countUp(document);
    writeFileSync(path, earlier);
    expect(document.read()).toEqual({ a: 1 });
  });

  it('has what its schema makes of the text, not what was given to it', () => {
    const document = open(z.union([z.int(), z.iso.datetime().transform((text) => new Date(text))]));
    const when = new Date(1_800_000_000_000);
    document.change(held, () => ({ a: 1, b: when }));
    expect(document.read()).toEqual({ a: 1, b: when });
    document.change(held, () => ({ a: -0.5 }));
    expect(() => document.read()).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID' }));
  });

  it('is overwritten where it is while it keeps its length, and replaced when it grows', () => {
    const document = open(z.int());
    document.change(held, () => ({ a: 7 }));
    const { ino } = statSync(path);
    countUp(document);
    expect(statSync(path).ino).toBe(ino);
    countUp(document);
    expect(open(z.int()).read()).toEqual({ a: 9 });
    expect(statSync(path).ino).toBe(ino);
    const before = readFileSync(path);
    countUp(document);
    expect(open(z.int()).read()).toEqual({ a: 10 });
    expect(statSync(path).ino).not.toBe(ino);
    expect(readFileSync(path)).toHaveLength(before.length + 1);
  });

  it('does not change under another name, such as that of evidence', () => {
    const document = open(z.int());
    countUp(document);
    const evidence = `${path}.evidence`;
    linkSync(path, evidence);
    const kept = readFileSync(evidence, 'utf8');
    countUp(document);
    expect(readFileSync(evidence, 'utf8')).toBe(kept);
    expect(document.read()).toEqual({ a: 2 });
  });

  it('of more than a page is replaced as a whole', () => {
    const document = open(z.int());
    document.change(held, () => ({ ['k'.repeat(5_000)]: 1, a: 1 }));
    const { ino } = statSync(path);
    countUp(document);
    expect(statSync(path).ino).not.toBe(ino);
    expect(document.readEntry('a')).toBe(2);
  });

  it('leaves the other entries as they are', () => {
    const document = open(z.int());
    document.change(held, () => ({ b: 1_000, a: 1, c: 0 }));
    countUp(document);
    document.changeEntry(held, 'd', (entry) => ({ entry: entry ?? 5 }));
    document.changeEntry(held, 'c', () => ({ entry: undefined }));
    document.changeEntry(held, 'b', () => undefined);
    expect(document.read()).toEqual({ b: 1_000, a: 2, d: 5 });
    expect(readFileSync(path, 'utf8')).toContain('"generation":4');
  });

  it('that could not be overwritten whole is replaced, with all of its entries', () => {
    const document = open(z.int());
    document.change(held, () => ({ a: 1, b: 2 }));
    const refuse = vi.spyOn(InPlaceFile.prototype, 'overwrite').mockImplementation((bytes) => {
      writeFileSync(path, bytes.subarray(0, 20), { flag: 'r+' });
      return false;
    });
    countUp(document);
    refuse.mockRestore();
    expect(document.read()).toEqual({ a: 2, b: 2 });
  });

  it('refuses an entry that its schema does not take, written by whomever', () => {
    const document = open(z.int().max(5));
    document.change(held, () => ({ a: 9 }));
    const refused = expect.objectContaining({ code: 'DOCUMENT_INVALID' });
    expect(() => document.readEntry('a')).toThrow(refused);
    expect(() => countUp(document)).toThrow(refused);
    expect(readFileSync(path, 'utf8')).toContain('"a":9');
  });

  it('is not written once its hold has lost the lock', () => {
    const document = open(z.int());
    countUp(document);
    const lost = fakeHeld({ scope: 'test:a' });
    lost.loss = new HoldfastError('LOCK_LOST', 'somebody else has it');
    expect(() => document.changeEntry(lost, 'a', () => ({ entry: 5 }))).toThrow(
      expect.objectContaining({ code: 'LOCK_LOST' }),
    );
    expect(document.read()).toEqual({ a: 1 });
  });

  it('is private again after its next write', () => {
    const document = open(z.int());
    countUp(document);
    chmodSync(path, 0o644);
    countUp(document);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
