/**
 * The part of the writer's contract that is about odd input: kinds of streams, names that are none, modes of 0, owners,
 * the read-back. Not part of the build.
 */
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContractSubject } from './atomic-writer-contract.ts';
import { type StreamData, toBytes, type WriteData } from './data-source.ts';
import type { FilePort } from './file-port.ts';
import { nodeFilePort } from './node-file-port.ts';

export function describeDataAndNames(subject: ContractSubject): void {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-odd-'));
    path = join(directory, 'file');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  describe('kinds of streams', () => {
    const kinds: Readonly<Record<string, (pieces: Iterable<string | Uint8Array>) => StreamData>> = {
      'a Readable': (pieces) => Readable.from(pieces, { objectMode: true }),
      'a web ReadableStream': (pieces) => ReadableStream.from(pieces) as StreamData,
      'an async generator': async function* (pieces) {
        yield* pieces;
      },
    };

    it.each(Object.entries(kinds))('%s is written piece by piece', async (_, streamOf) => {
      const receipt = await subject.createWriter().write(path, streamOf(['gr', Buffer.from('ün'), '']));
      expect([readFileSync(path, 'utf8'), receipt.bytes]).toEqual(['grün', 5]);
      expect(await subject.createWriter().write(path, streamOf([]))).toMatchObject({ bytes: 0 });
    });

    it.each(Object.entries(kinds))('%s that breaks rejects and leaves nothing new', async (_, streamOf) => {
      writeFileSync(path, 'old');
      const cause = new Error('source broke');
      const breaking = function* () {
        yield 'half';
        throw cause;
      };
      await expect(subject.createWriter().write(path, streamOf(breaking()))).rejects.toMatchObject({
        code: 'WRITE_FAILED',
        cause,
        details: { step: 'source' },
      });
      expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['old', ['file']]);
    });

    it('a Readable is destroyed by an abort, and by a disk that fails', async () => {
      const abort = new AbortController();
      const endless = new Readable({ read: () => undefined });
      const writing = subject.createWriter().write(path, endless, { signal: abort.signal });
      const outcome = expect(writing).rejects.toBe('enough');
      abort.abort('enough');
      await outcome;
      const full: FilePort = {
        ...nodeFilePort,
        writeLater: () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })),
      };
      const source = Readable.from(['one', 'two']);
      await expect(subject.createWriter({ fs: full }).write(path, source)).rejects.toMatchObject({
        details: { errno: 'ENOSPC' },
      });
      await new Promise(setImmediate);
      expect([endless.destroyed, source.destroyed, readdirSync(directory)]).toEqual([true, true, []]);
    });

    it('a stream that somebody else reads already is refused and keeps the old file', async () => {
      writeFileSync(path, 'old');
      const taken = ReadableStream.from(['x']);
      taken.getReader();
      const writing = subject.createWriter().write(path, taken as StreamData);
      await expect(writing).rejects.toMatchObject({ code: 'WRITE_FAILED', details: { step: 'source' } });
      expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['old', ['file']]);
    });

    it.each([undefined, null, 42, {}, new Date(0)])('data of %s is refused', async (odd) => {
      writeFileSync(path, 'old');
      const data = odd as unknown as string;
      await expect(subject.createWriter().write(path, data)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
      expect(() => subject.createWriter().writeSync(path, data)).toThrow(
        expect.objectContaining({ code: 'WRITE_FAILED' }),
      );
      expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['old', ['file']]);
    });
  });

  describe('names', () => {
    it.each([
      ['a Buffer', Buffer.from('/tmp/x')],
      ['a lone surrogate', '/tmp/\ud800'],
      ['a NUL', '/tmp/a\0b'],
      ['nothing', undefined],
    ])('%s as the path is refused', async (_, odd) => {
      const writer = subject.createWriter();
      const name = odd as string;
      const refused = { code: 'TARGET_REFUSED' };
      await expect(writer.write(name, 'x')).rejects.toMatchObject(refused);
      await expect(writer.writeMany([{ path: name, data: 'x' }])).rejects.toMatchObject(refused);
      await expect(writer.remove(name)).rejects.toMatchObject(refused);
      expect(() => writer.writeSync(name, 'x')).toThrow(expect.objectContaining(refused));
    });

    it('a file beside one whose name is not UTF-8 is written, and the sweep passes it by', async () => {
      const odd = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0xfe])]);
      writeFileSync(odd, 'untouched');
      const writer = subject.createWriter();
      await writer.write(path, 'x');
      expect(await writer.sweepOrphans(directory)).toEqual({ removed: [], kept: [] });
      expect(readFileSync(odd, 'utf8')).toBe('untouched');
    });

    it.each(['nothing', 'loop'])('replace takes the place of a link to %s', async (target) => {
      symlinkSync(target, join(directory, 'loop'));
      await subject.createWriter({ symlink: 'replace' }).write(join(directory, 'loop'), 'new');
      expect(lstatSync(join(directory, 'loop')).isFile()).toBe(true);
      expect(readdirSync(directory)).toEqual(['loop']);
    });
  });

  describe('mode and owner', () => {
    it('a mode of 0 is a mode: given, and kept', async () => {
      const writer = subject.createWriter({ mode: 0 });
      await writer.write(path, 'x');
      expect(statSync(path).mode & 0o777).toBe(0);
      await subject.createWriter().write(path, 'newer');
      subject.createWriter().writeSync(path, 'newest');
      expect([statSync(path).mode & 0o777, statSync(path).size]).toEqual([0, 6]);
    });

    it('owner and group are asked for before the mode, and only where they differ', async () => {
      writeFileSync(path, 'old');
      chmodSync(path, 0o640);
      const calls: string[] = [];
      const fs = foreignPort(calls, 'taken');
      await subject.createWriter({ preserve: 'mode+owner', fs }).write(path, 'new');
      expect(calls).toEqual(['owner 1234:5678', 'mode 640']);
      calls.length = 0;
      await subject.createWriter({ preserve: 'mode+owner' }).write(path, 'new');
      await subject.createWriter({ fs }).write(path, 'new');
      expect(calls).toEqual(['mode 640']);
    });

    it.each([
      [0o600, 'EPERM', 'written'],
      [0o644, 'EPERM', 'written'],
      [0o666, 'EINVAL', 'written'],
      [0o640, 'EPERM', 'refused'], // our group would read what others could not
      [0o604, 'EPERM', 'refused'], // the old group, shut out, would be others
      [0o044, 'EPERM', 'refused'], // the old owner, shut out, would be others
      [0o600, 'EIO', 'refused'],
    ])('mode %o with a refused owner (%s) is %s', async (mode, errno, outcome) => {
      writeFileSync(path, 'old');
      chmodSync(path, mode);
      const writer = subject.createWriter({ preserve: 'mode+owner', fs: foreignPort([], errno) });
      const writing = writer.write(path, 'new').then(
        () => 'written',
        ({ code, details }) => (code === 'WRITE_FAILED' && details.step === 'owner' ? 'refused' : code),
      );
      expect(await writing).toBe(outcome);
      chmodSync(path, 0o600);
      expect(readFileSync(path, 'utf8')).toBe(outcome === 'written' ? 'new' : 'old');
      expect(readdirSync(directory)).toEqual(['file']);
    });
  });

  describe('verify', () => {
    it.each(['text', Buffer.alloc(2_500_000, 'large'), ''])(
      'the digest of what is read back is compared',
      async (data) => {
        const writer = subject.createWriter({ verify: 'hash' });
        const { sha256 } = await writer.write(path, data);
        expect(writer.writeSync(path, data).sha256).toBe(sha256);
        expect(readFileSync(path).equals(toBytes(data))).toBe(true);
      },
    );

    it.each(['flipped', 'longer', 'shorter'] as const)(
      'bytes that read back %s are not published',
      async (damage) => {
        writeFileSync(path, 'old');
        const fs = damagingPort(damage);
        const failure = { code: 'WRITE_FAILED', details: { step: 'verify' } };
        const writer = subject.createWriter({ verify: 'hash', fs });
        const kinds: readonly WriteData[] = ['new content', Readable.from(['new ', 'content'])];
        for (const data of kinds) await expect(writer.write(path, data)).rejects.toMatchObject(failure);
        expect(() => writer.writeSync(path, 'new content')).toThrow(
          expect.objectContaining({ code: 'WRITE_FAILED' }),
        );
        expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['old', ['file']]);
      },
    );
  });
}

/** The file that is replaced belongs to somebody else; giving it to them is taken, or refused with an errno. */
function foreignPort(calls: string[], answer: string): FilePort {
  return {
    ...nodeFilePort,
    inspect: (path) => {
      const facts = nodeFilePort.inspect(path);
      return facts === undefined ? undefined : { ...facts, uid: 1234, gid: 5678 };
    },
    setOwner: (_, uid, gid) => {
      calls.push(`owner ${uid}:${gid}`);
      if (answer !== 'taken') throw Object.assign(new Error(answer), { code: answer });
    },
    setMode: (descriptor, mode) => {
      calls.push(`mode ${mode.toString(8)}`);
      nodeFilePort.setMode(descriptor, mode);
    },
  };
}

/** Reads something else than what is there. */
function damagingPort(damage: 'flipped' | 'longer' | 'shorter'): FilePort {
  const damaged = (into: Uint8Array, position: number, length: number): number => {
    if (damage === 'flipped' && length > 0) into[0] = (into[0] ?? 0) ^ 1;
    if (damage === 'shorter') return Math.max(0, length - 1);
    return damage === 'longer' && position === 0 ? length + 1 : length;
  };
  return {
    ...nodeFilePort,
    read: (descriptor, into, position) =>
      damaged(into, position, nodeFilePort.read(descriptor, into, position)),
    readLater: async (descriptor, into, position) =>
      damaged(into, position, await nodeFilePort.readLater(descriptor, into, position)),
  };
}
