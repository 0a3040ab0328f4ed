/** The part of the writer's contract that is about groups: `writeMany`. Not part of the build. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FilePort } from './file-port.ts';
import { nodeFilePort } from './node-file-port.ts';
import type { ContractSubject } from './testing/contract-subject.ts';
import { queuedPaths } from './write-queue.ts';

export function describeGroupWrite(subject: ContractSubject): void {
  describe('groups', () => {
    let directory: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'holdfast-group-'));
    });

    afterEach(() => {
      rmSync(directory, { recursive: true });
      expect(queuedPaths(), 'paths with a write under way').toBe(0);
    });

    const named = (name: string) => ({ path: join(directory, name), data: `content of ${name}` });
    const names = (count: number) => Array.from({ length: count }, (_, index) => `file-${index}`);
    const contents = () =>
      Object.fromEntries(
        readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
      );
    const whole = (list: readonly string[]) =>
      Object.fromEntries(list.map((name) => [name, `content of ${name}`]));

    it('a group is published with a receipt for each, in order', async () => {
      const list = names(150);
      const receipts = await subject.createWriter().writeMany(list.map(named));
      expect(contents()).toEqual(whole(list));
      expect(receipts.map(({ bytes }) => bytes)).toEqual(list.map((name) => 11 + name.length));
      expect(new Set(receipts.map(({ sha256 }) => sha256)).size).toBe(150);
    });

    it('an empty group is no write', async () => {
      expect(await subject.createWriter().writeMany([])).toEqual([]);
    });

    it('a path that comes twice ends with the later data', async () => {
      const path = join(directory, 'file');
      const entries = ['one', 'two'].map((data) => ({ path, data }));
      expect(await subject.createWriter().writeMany(entries)).toHaveLength(2);
      expect(contents()).toEqual({ file: 'two' });
    });

    it.each(['rename', 'flushLater', 'create'] as const)(
      'a group of which the third %s fails says what was published, and leaves no temp',
      async (call) => {
        writeFileSync(join(directory, 'file-3'), 'old');
        const writer = subject.createWriter({ fs: failingAt(call, 3) });
        const error = await writer.writeMany(names(5).map(named)).catch((reason: unknown) => reason);
        const published = call === 'rename' ? ['file-0', 'file-1'] : [];
        expect(error).toMatchObject({ code: 'WRITE_FAILED', details: { errno: 'EIO' } });
        expect((error as HoldfastError).details.publishedPaths).toEqual(
          published.length === 0 ? undefined : published.map((name) => join(directory, name)),
        );
        expect(contents()).toEqual({ 'file-3': 'old', ...whole(published) });
      },
    );

    it('no file of a failed group is closed while it is being flushed', async () => {
      const underWay = new Set<number>();
      const closedEarly: number[] = [];
      let flushes = 0;
      const flushLater = async (descriptor: number) => {
        flushes += 1;
        if (flushes === 2) throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
        underWay.add(descriptor);
        for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
        underWay.delete(descriptor);
      };
      const close = (descriptor: number) => {
        if (underWay.has(descriptor)) closedEarly.push(descriptor);
        nodeFilePort.close(descriptor);
      };
      const writer = subject.createWriter({ fs: { ...nodeFilePort, flushLater, close } });
      await expect(writer.writeMany(names(4).map(named))).rejects.toMatchObject({ code: 'WRITE_FAILED' });
      expect([flushes, closedEarly, readdirSync(directory)]).toEqual([4, [], []]);
    });

    it('a refused target in the middle costs the whole group, before anything is written', async () => {
      mkdirSync(join(directory, 'file-2'));
      const calls: string[] = [];
      const create = (path: string) => {
        calls.push(path);
        return nodeFilePort.create(path);
      };
      const writer = subject.createWriter({ fs: { ...nodeFilePort, create } });
      await expect(writer.writeMany(names(4).map(named))).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
      expect([calls, readdirSync(directory)]).toEqual([[], ['file-2']]);
    });

    it('a hold that is lost in the middle keeps the rest back and names what went out', async () => {
      const loss = new HoldfastError('LOCK_LOST', 'taken over');
      let publishes = 0;
      const held = fakeHeld({
        publish: (step) => {
          publishes += 1;
          if (publishes > 2) throw loss;
          return step();
        },
      });
      const writing = subject.createWriter().writeMany(names(4).map(named), { held });
      await expect(writing).rejects.toMatchObject({
        code: 'LOCK_LOST',
        cause: loss,
        details: { publishedPaths: [join(directory, 'file-0'), join(directory, 'file-1')] },
      });
      expect(contents()).toEqual(whole(['file-0', 'file-1']));
    });

    it('an abort before the first rename publishes nothing and is the reason', async () => {
      const abort = new AbortController();
      const create = (path: string) => {
        abort.abort('enough');
        return nodeFilePort.create(path);
      };
      const writer = subject.createWriter({ fs: { ...nodeFilePort, create } });
      const writing = writer.writeMany(names(3).map(named), { signal: abort.signal });
      await expect(writing).rejects.toBe('enough');
      expect(readdirSync(directory)).toEqual([]);
    });

    it('each directory is flushed once, after the last rename', async () => {
      const calls: string[] = [];
      for (const name of ['a', 'b']) mkdirSync(join(directory, name));
      const fs = watching((name) => calls.push(name));
      const list = ['a/1', 'b/1', 'a/2', 'b/2', 'a/3'];
      await subject.createWriter({ fs }).writeMany(list.map(named));
      expect(calls.filter((call) => call === 'openDirectory')).toHaveLength(2);
      const afterLast = calls.slice(calls.lastIndexOf('rename') + 1);
      expect(afterLast.filter((call) => call === 'flushLater')).toHaveLength(2);
      const beforeFirst = calls.slice(0, calls.indexOf('rename'));
      expect(beforeFirst.filter((call) => call === 'flushLater')).toHaveLength(5);
    });

    it('groups and single writes of common paths keep the order of the calls', async () => {
      const writer = subject.createWriter({ durability: 'none' });
      symlinkSync('.', join(directory, 'alias'));
      const entry = (name: string, data: string) => ({ path: join(directory, name), data });
      await Promise.all([
        writer.writeMany([entry('a', '1'), entry('b', '1')]),
        writer.writeMany([entry('b', '2'), entry('alias/a', '2')]),
        writer.write(join(directory, 'b'), '3'),
        writer.writeMany([entry('c', '4'), entry('a', '4')]),
      ]);
      expect([contentOf('a'), contentOf('b'), contentOf('c')]).toEqual(['4', '3', '4']);
    });

    const contentOf = (name: string) => readFileSync(join(directory, name), 'utf8');
  });
}

type Failable = 'rename' | 'flushLater' | 'create';

/** Fails the n-th of one kind of call; what a library does on its own is not counted. */
function failingAt(name: Failable, failAt: number): FilePort {
  let calls = 0;
  return watching((called) => {
    if (called === name) calls += 1;
    if (called === name && calls === failAt) throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
  });
}

/** Tells of each call before it happens. */
function watching(tell: (name: string) => void): FilePort {
  const members = Object.entries(nodeFilePort).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member];
    const call = (...parameters: unknown[]) => {
      tell(name);
      return Reflect.apply(member, undefined, parameters);
    };
    return [name, call];
  });
  return Object.fromEntries(members);
}
