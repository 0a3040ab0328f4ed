/** Entries by key in small documents: what is stored, by whom it can be changed, and what damage does. */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KeyedDocuments, type KeyedDocumentsOptions } from './keyed-documents.ts';

const counter = z.object({ count: z.int(), untilMs: z.int().default(0) });
type Counter = z.infer<typeof counter>;

describe.each(['none', 'full'] as const)('keyed documents of durability %s', (durability) => {
  let home: string;
  let nowMs: number;
  const clock: Clock = { ...systemClock, wallMs: () => nowMs };
  const open = (options: Partial<KeyedDocumentsOptions<Counter>> = {}) =>
    new KeyedDocuments<Counter>({
      directory: join(home, 'store'),
      scope: 'test',
      entry: counter,
      runner: new LockRunner({ directory: join(home, 'locks'), backend: 'flock' }),
      durability,
      clock,
      ...options,
    });
  const countUp = (documents: KeyedDocuments<Counter>, key: string, untilMs = 0) =>
    documents.change(key, (entry) => {
      const next = { count: (entry?.count ?? 0) + 1, untilMs };
      return { entry: next, result: next.count };
    });

  beforeEach(() => {
    nowMs = 1_800_000_000_000;
    home = mkdtempSync(join(tmpdir(), 'holdfast-documents-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('lose no change of many at once', async () => {
    const [one, other] = [open(), open()];
    await Promise.all(Array.from({ length: 40 }, (_, index) => countUp(index % 2 === 0 ? one : other, 'a')));
    expect(one.read('a')).toEqual({ count: 40, untilMs: 0 });
  });

  it('keep keys of one shard apart', async () => {
    const documents = open({ shardDigits: 1 });
    const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`);
    for (const key of keys) await countUp(documents, key);
    expect(keys.map((key) => documents.read(key)?.count)).toEqual(keys.map(() => 1));
    expect(readdirSync(join(home, 'store')).filter((name) => name.endsWith('.json')).length).toBeLessThan(17);
  });

  it.each([
    [1, /^[0-9a-f]\.json$/, /^test:[0-9a-f]$/],
    [2, /^[0-9a-f]{2}\.json$/, /^test:[0-9a-f]{2}$/],
    [3, /^[0-9a-f]{2}\/[0-9a-f]\.json$/, /^test:[0-9a-f]{3}$/],
    [4, /^[0-9a-f]{2}\/[0-9a-f]{2}\.json$/, /^test:[0-9a-f]{3}$/],
  ])('with %i digits lie where the hash says', async (shardDigits, path, scope) => {
    const documents = open({ shardDigits });
    await countUp(documents, '../../etc/passwd');
    expect(documents.pathOf('../../etc/passwd').slice(join(home, 'store/').length)).toMatch(path);
    expect(documents.scopeOf('../../etc/passwd')).toMatch(scope);
    const listed = await Array.fromAsync(documents.list());
    expect(listed).toMatchObject([
      { path: documents.pathOf('../../etc/passwd'), scope: documents.scopeOf('../../etc/passwd') },
    ]);
  });

  it.each([0, 5, 1.5])('are not spread by %d digits', (shardDigits) => {
    expect(() => open({ shardDigits })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('write nothing for a change that changes nothing, or that throws', async () => {
    const documents = open();
    await countUp(documents, 'a');
    const before = statSync(documents.pathOf('a')).ino;
    expect(await documents.change('a', (entry) => ({ unchanged: true, result: entry?.count }))).toBe(1);
    const failure = documents.change('a', () => {
      throw new TypeError('no');
    });
    await expect(failure).rejects.toThrow(TypeError);
    expect(statSync(documents.pathOf('a')).ino).toBe(before);
  });

  it('remove an entry that a change leaves out', async () => {
    const documents = open();
    await countUp(documents, 'a');
    await documents.change('a', () => ({ entry: undefined, result: undefined }));
    expect(documents.read('a')).toBeUndefined();
    expect(await documents.sweep(() => false)).toMatchObject({ shards: 1, removed: 0, kept: 0 });
    expect(readdirSync(dirname(documents.pathOf('a')))).toEqual([]);
  });

  it('tell the time after the lock was granted', async () => {
    const documents = open();
    const runner = new LockRunner({ directory: join(home, 'locks'), backend: 'flock' });
    const held = await runner.acquire(documents.scopeOf('a'));
    const asked = documents.change('a', (_entry, at) => ({ unchanged: true, result: at }));
    nowMs += 5_000;
    await held.release();
    expect(await asked).toBe(nowMs);
  });

  it('wait so long for a lock and no longer', async () => {
    const documents = open({ waitMs: 0 });
    const runner = new LockRunner({ directory: join(home, 'locks'), backend: 'flock' });
    await using _held = await runner.acquire(documents.scopeOf('a'));
    await expect(countUp(documents, 'a')).rejects.toMatchObject({ code: 'LOCK_BUSY' });
  });

  it('sweep what has expired, and say how far they are', async () => {
    const documents = open({ shardDigits: 1 });
    for (let key = 0; key < 30; key += 1) await countUp(documents, `key ${key}`, nowMs + (key % 2) * 1_000);
    nowMs += 500;
    const progress: string[] = [];
    const onProgress = ({ done, total }: { readonly done: number; readonly total: number }) =>
      void progress.push(`${done}/${total}`);
    const isOver = ({ untilMs }: Counter, at: number) => untilMs < at;
    const report = await documents.sweep(isOver, { onProgress });
    expect(report).toMatchObject({ removed: 15, kept: 15, damaged: 0 });
    expect(progress.at(-1)).toBe(`${report.shards}/${report.shards}`);
    expect(documents.read('key 1')?.count).toBe(1);
    expect(documents.read('key 2')).toBeUndefined();
  });

  it('stop a sweep that is cancelled', async () => {
    const documents = open({ shardDigits: 2 });
    for (let key = 0; key < 5; key += 1) await countUp(documents, `key ${key}`);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const sweep = documents.sweep(() => true, { signal: controller.signal, onProgress });
    await expect(sweep).rejects.toThrow('enough');
    expect((await Array.fromAsync(documents.list())).length).toBe(4);
  });

  it('sweep what a killed writer has left', async () => {
    const documents = open();
    await countUp(documents, 'a');
    const directory = dirname(documents.pathOf('a'));
    const dead = spawnSync('true').pid;
    const own = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').replaceAll('-', '').slice(0, 12);
    const namespace = statSync('/proc/self/ns/pid').ino;
    const left = `.x.json.${own}-${namespace}-${dead}-1.${'0'.repeat(32)}.holdfast-tmp`;
    writeFileSync(join(directory, left), 'half');
    await documents.sweep(() => false);
    expect(readdirSync(directory)).not.toContain(left);
  });

  it('list a damaged document with its error, and sweep around it', async () => {
    const documents = open();
    await countUp(documents, 'a');
    await countUp(documents, 'b');
    truncateSync(documents.pathOf('a'), 20);
    const listed = await Array.fromAsync(documents.list());
    const damaged = listed.filter((shard) => 'error' in shard);
    expect(damaged).toMatchObject([{ path: documents.pathOf('a'), error: { code: 'DOCUMENT_INVALID' } }]);
    expect(await documents.sweep(() => true)).toMatchObject({ damaged: 1, removed: 1 });
    await expect(countUp(documents, 'a')).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
  });

  it('ignore files that are none of theirs', async () => {
    const documents = open();
    await countUp(documents, 'a');
    writeFileSync(join(home, 'store', 'README'), '');
    mkdirSync(join(home, 'store', 'lost+found'));
    writeFileSync(join(dirname(documents.pathOf('a')), 'note.json.bak'), '');
    expect(await Array.fromAsync(documents.list())).toHaveLength(1);
  });

  it('serve the generation before a damaged one exactly where they keep it', async () => {
    const documents = open();
    await countUp(documents, 'a');
    await countUp(documents, 'a');
    truncateSync(documents.pathOf('a'), 20);
    if (durability === 'none') {
      expect(() => documents.read('a')).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID' }));
      return;
    }
    expect(documents.read('a')?.count).toBe(1);
    expect(await countUp(documents, 'a')).toBe(2);
    const names = readdirSync(dirname(documents.pathOf('a')));
    expect(names.some((name) => name.includes('.damaged-'))).toBe(true);
  });

  it('refuse a store whose directory is a file', async () => {
    writeFileSync(join(home, 'store'), '');
    const code = expect.stringMatching(/STATE_DIRECTORY|READ_FAILED/);
    await expect(countUp(open(), 'a')).rejects.toMatchObject({ code });
  });

  it('are none where nothing was ever stored', async () => {
    expect(open().read('a')).toBeUndefined();
    expect(await Array.fromAsync(open().list())).toEqual([]);
    expect(await open().sweep(() => true)).toEqual({ shards: 0, removed: 0, kept: 0, damaged: 0 });
  });
});
