/** The part of the writer's contract that is about odd data: kinds of streams, what is none, the read-back. Not part of the build. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type StreamData, toBytes, type WriteData } from './data-source.ts';
import type { FilePort } from './file-port.ts';
import { nodeFilePort } from './node-file-port.ts';
import type { ContractSubject } from './testing/contract-subject.ts';
import { useTargetFile } from './testing/use-target-file.ts';

export function describeData(subject: ContractSubject): void {
  let directory: string;
  let path: string;
  useTargetFile((file) => {
    ({ directory, path } = file);
  });

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
