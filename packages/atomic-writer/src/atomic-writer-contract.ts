/**
 * What every engine of `AtomicWriter` must do, as a suite to be called with a factory. Checks outcomes on a real
 * directory only, never how the engine gets there. Not part of the build.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
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
import { HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AtomicWriter } from './atomic-writer.ts';
import { describeDataAndNames } from './data-and-names-contract.ts';
import type { StreamData } from './data-source.ts';
import { describeGroupWrite } from './group-write-contract.ts';
import { queuedPaths } from './write-queue.ts';
import type { AtomicWriterOptions } from './writer-options.ts';

export interface ContractSubject {
  /** Name of the engine, for the report. */
  readonly name: string;
  createWriter(
    options?: AtomicWriterOptions,
  ): Pick<AtomicWriter, 'write' | 'writeSync' | 'writeMany' | 'remove' | 'sweepOrphans'>;
}

const seed = Date.now() % 2 ** 31;

export function describeAtomicWriter(subject: ContractSubject): void {
  describe(`atomic writer contract: ${subject.name}`, () => {
    let directory: string;
    let path: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'holdfast-writer-'));
      path = join(directory, 'file');
    });

    afterEach(() => {
      const left = readdirSync(directory).filter((name) => name.includes('.holdfast-tmp'));
      rmSync(directory, { recursive: true });
      expect(left, 'temporary files left').toEqual([]);
      expect(queuedPaths(), 'paths with a write under way').toBe(0);
    });

    describe('content', () => {
      it.each(['none', 'file', 'full'] as const)(
        'durability %s publishes what was given',
        async (durability) => {
          const writer = subject.createWriter({ durability });
          await writer.write(path, 'first');
          expect(readFileSync(path, 'utf8')).toBe('first');
          writer.writeSync(path, Buffer.from('second'));
          expect(readFileSync(path, 'utf8')).toBe('second');
          await writer.write(path, streamOf('th', Buffer.from('ird')));
          expect(readFileSync(path, 'utf8')).toBe('third');
        },
      );

      it('a receipt tells size, digest, retries and time', async () => {
        const writer = subject.createWriter();
        const text = 'grün';
        const expected = { bytes: 5, sha256: createHash('sha256').update(text).digest('hex'), retries: 0 };
        for (const receipt of [
          await writer.write(path, text),
          await writer.write(path, streamOf('gr', 'ün')),
          writer.writeSync(path, text),
        ]) {
          expect(receipt).toMatchObject(expected);
          expect(receipt.tookMs).toBeGreaterThanOrEqual(0);
        }
      });

      it('empty data makes an empty file', async () => {
        const writer = subject.createWriter();
        for (const data of ['', new Uint8Array(), streamOf()]) {
          writeFileSync(path, 'old');
          expect(await writer.write(path, data)).toMatchObject({ bytes: 0 });
          expect(readFileSync(path).length).toBe(0);
        }
      });

      it('data larger than one piece is written whole', async () => {
        const bytes = Buffer.alloc(5_000_001, 'abcdefg');
        const receipt = await subject.createWriter({ durability: 'none' }).write(path, bytes);
        expect(readFileSync(path).equals(bytes)).toBe(true);
        expect(receipt.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      });

      it(`any bytes and any cut of them round-trip (seed ${seed})`, async () => {
        const writer = subject.createWriter({ durability: 'none' });
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 6 }),
            async (pieces) => {
              const whole = Buffer.concat(pieces);
              const receipt = await writer.write(path, streamOf(...pieces));
              expect(readFileSync(path).equals(whole)).toBe(true);
              expect(writer.writeSync(path, whole).sha256).toBe(receipt.sha256);
              expect(readFileSync(path).equals(whole)).toBe(true);
            },
          ),
          { seed, numRuns: 60 },
        );
      });

      it(`any text round-trips (seed ${seed})`, async () => {
        const writer = subject.createWriter({ durability: 'none' });
        await fc.assert(
          fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 500 }), async (text) => {
            await writer.write(path, text);
            expect(readFileSync(path, 'utf8')).toBe(text);
            writer.writeSync(path, text);
            expect(readFileSync(path, 'utf8')).toBe(text);
          }),
          { seed, numRuns: 60 },
        );
      });

      it('a name of 255 bytes is written under exactly that name', async () => {
        for (const name of ['n'.repeat(255), 'ü'.repeat(127)]) {
          await subject.createWriter({ durability: 'none' }).write(join(directory, name), 'x');
          expect(readFileSync(join(directory, name), 'utf8')).toBe('x');
        }
      });
    });

    describe('mode', () => {
      it('a new file is private', async () => {
        await subject.createWriter().write(path, 'x');
        expect(modeOf(path)).toBe(0o600);
      });

      it('an existing file keeps its mode when none is given', async () => {
        writeFileSync(path, 'old');
        chmodSync(path, 0o640);
        const writer = subject.createWriter();
        await writer.write(path, 'new');
        expect(modeOf(path)).toBe(0o640);
        writer.writeSync(path, 'newer');
        expect(modeOf(path)).toBe(0o640);
      });

      it('a given mode is set on new and existing files', async () => {
        writeFileSync(path, 'old');
        chmodSync(path, 0o600);
        const writer = subject.createWriter({ mode: 0o664 });
        await writer.write(path, 'new');
        expect(modeOf(path)).toBe(0o664);
      });

      it('preserve mode outweighs a given mode where there is a file', async () => {
        writeFileSync(path, 'old');
        chmodSync(path, 0o644);
        const writer = subject.createWriter({ mode: 0o660, preserve: 'mode' });
        await writer.write(path, 'new');
        await writer.write(`${path}2`, 'new');
        expect([modeOf(path), modeOf(`${path}2`)]).toEqual([0o644, 0o660]);
      });

      it('preserve none makes an existing file private', async () => {
        writeFileSync(path, 'old');
        chmodSync(path, 0o644);
        await subject.createWriter({ preserve: 'none' }).write(path, 'new');
        expect(modeOf(path)).toBe(0o600);
      });
    });

    describe('targets', () => {
      it('a directory, a FIFO and a device are refused', async () => {
        const writer = subject.createWriter();
        mkdirSync(join(directory, 'sub'));
        execFileSync('mkfifo', [join(directory, 'fifo')]);
        for (const target of [join(directory, 'sub'), join(directory, 'fifo'), '/dev/null']) {
          await expect(writer.write(target, 'x')).rejects.toMatchObject({ code: 'TARGET_REFUSED' });
          expect(() => writer.writeSync(target, 'x')).toThrow(
            expect.objectContaining({ code: 'TARGET_REFUSED' }),
          );
        }
        expect(lstatSync(join(directory, 'fifo')).isFIFO()).toBe(true);
      });

      it('a link is refused by default and what it points to stays', async () => {
        const pointed = join(directory, 'pointed');
        writeFileSync(pointed, 'old');
        symlinkSync(pointed, path);
        await expect(subject.createWriter().write(path, 'x')).rejects.toMatchObject({
          code: 'TARGET_REFUSED',
        });
        expect(readFileSync(pointed, 'utf8')).toBe('old');
      });

      it('follow writes the file that the link points to and keeps the link', async () => {
        mkdirSync(join(directory, 'sub'));
        const pointed = join(directory, 'sub', 'pointed');
        writeFileSync(pointed, 'old');
        chmodSync(pointed, 0o644);
        symlinkSync('sub/pointed', path);
        await subject.createWriter({ symlink: 'follow' }).write(path, 'new');
        expect(lstatSync(path).isSymbolicLink()).toBe(true);
        expect([readFileSync(pointed, 'utf8'), modeOf(pointed)]).toEqual(['new', 0o644]);
      });

      it('follow refuses a link to nothing, to itself and to a directory', async () => {
        const writer = subject.createWriter({ symlink: 'follow' });
        symlinkSync('nothing', join(directory, 'dangling'));
        symlinkSync('loop', join(directory, 'loop'));
        symlinkSync('.', join(directory, 'here'));
        for (const name of ['dangling', 'loop', 'here']) {
          await expect(writer.write(join(directory, name), 'x')).rejects.toMatchObject({
            code: 'TARGET_REFUSED',
          });
        }
        expect(existsSync(join(directory, 'nothing'))).toBe(false);
      });

      it('replace puts a private file in the place of the link', async () => {
        const pointed = join(directory, 'pointed');
        writeFileSync(pointed, 'old');
        symlinkSync(pointed, path);
        await subject.createWriter({ symlink: 'replace' }).write(path, 'new');
        expect(lstatSync(path).isFile()).toBe(true);
        expect([readFileSync(pointed, 'utf8'), readFileSync(path, 'utf8'), modeOf(path)]).toEqual([
          'old',
          'new',
          0o600,
        ]);
      });

      it('a missing directory and a file in its place are failures with path, step and errno', async () => {
        const writer = subject.createWriter();
        writeFileSync(path, 'old');
        const missing = join(directory, 'none', 'file');
        const failure = { code: 'WRITE_FAILED', details: { path: missing, step: 'create', errno: 'ENOENT' } };
        await expect(writer.write(missing, 'x')).rejects.toMatchObject(failure);
        expect(() => writer.writeSync(missing, 'x')).toThrow(
          expect.objectContaining({ code: 'WRITE_FAILED' }),
        );
        await expect(writer.write(join(path, 'file'), 'x')).rejects.toMatchObject({
          code: 'WRITE_FAILED',
          details: { errno: 'ENOTDIR' },
        });
      });
    });

    describe('order and streams', () => {
      it('writes of one path are published in the order of the calls, under every spelling of it', async () => {
        const writer = subject.createWriter({ durability: 'none' });
        symlinkSync('.', join(directory, 'alias'));
        const spellings = [path, join(directory, 'alias', 'file'), join(directory, '.', 'file')];
        const slow = pausedStream('0');
        const writes = [writer.write(path, slow.stream)];
        for (let index = 1; index <= 9; index += 1)
          writes.push(writer.write(spellings[index % 3] ?? path, `${index}`));
        await writer.write(join(directory, 'other'), 'another path does not wait');
        expect(existsSync(path)).toBe(false);
        slow.go();
        await Promise.all(writes);
        expect(readFileSync(path, 'utf8')).toBe('9');
      });

      it('a source error rejects, keeps the old file and frees the queue', async () => {
        const writer = subject.createWriter();
        writeFileSync(path, 'old');
        const cause = new Error('source broke');
        const failing = async function* () {
          yield 'half';
          throw cause;
        };
        const failure = { code: 'WRITE_FAILED', cause, details: { step: 'source' } };
        await expect(writer.write(path, failing())).rejects.toMatchObject(failure);
        expect(readFileSync(path, 'utf8')).toBe('old');
        await writer.write(path, 'next');
        expect(readFileSync(path, 'utf8')).toBe('next');
      });

      it('a piece that is neither text nor bytes rejects and keeps the old file', async () => {
        writeFileSync(path, 'old');
        const odd = streamOf(42 as unknown as string);
        await expect(subject.createWriter().write(path, odd)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
        expect(readFileSync(path, 'utf8')).toBe('old');
      });

      it('a source is asked for the next piece only when the one before is written', async () => {
        let isBusy = false;
        let overlaps = 0;
        const source = async function* () {
          for (let index = 0; index < 20; index += 1) {
            if (isBusy) overlaps += 1;
            isBusy = true;
            yield Buffer.alloc(100_000, index);
            isBusy = false;
          }
        };
        await subject.createWriter({ durability: 'none' }).write(path, source());
        expect(overlaps).toBe(0);
        expect(statSync(path).size).toBe(2_000_000);
      });
    });

    describe('cancellation', () => {
      it('an aborted signal rejects with its reason before anything happens', async () => {
        const reason = new Error('enough');
        const write = subject.createWriter().write(path, 'x', { signal: AbortSignal.abort(reason) });
        await expect(write).rejects.toBe(reason);
        expect(readdirSync(directory)).toEqual([]);
      });

      it('an abort ends the wait for a source that hangs and stops the source', async () => {
        const abort = new AbortController();
        const hanging = pausedStream('never');
        const write = subject.createWriter().write(path, hanging.stream, { signal: abort.signal });
        const outcome = expect(write).rejects.toBe('enough');
        await hanging.asked;
        abort.abort('enough');
        await outcome;
        hanging.go();
        await hanging.returned;
        expect(readdirSync(directory)).toEqual([]);
      });

      it('a waiter that gives up leaves the order of the others', async () => {
        const writer = subject.createWriter({ durability: 'none' });
        const abort = new AbortController();
        const slow = pausedStream('slow');
        const first = writer.write(path, slow.stream);
        const gaveUp = expect(writer.write(path, 'gave up', { signal: abort.signal })).rejects.toBe('enough');
        const last = writer.write(path, 'last');
        abort.abort('enough');
        await gaveUp;
        expect(existsSync(path)).toBe(false);
        slow.go();
        await Promise.all([first, last]);
        expect(readFileSync(path, 'utf8')).toBe('last');
      });
    });

    describe('holds', () => {
      it('a write with a hold is published through it', async () => {
        const writer = subject.createWriter();
        const held = fakeHeld();
        await writer.write(path, 'one', { held });
        writer.writeSync(path, 'two', { held });
        await writer.remove(path, { held });
        expect(held.publishes).toBe(3);
      });

      it('a hold that refuses to publish leaves the old file', async () => {
        const writer = subject.createWriter();
        writeFileSync(path, 'old');
        const held = fakeHeld();
        held.loss = new HoldfastError('LOCK_LOST', 'taken over');
        await expect(writer.write(path, 'x', { held })).rejects.toBe(held.loss);
        await expect(writer.remove(path, { held })).rejects.toBe(held.loss);
        expect(() => writer.writeSync(path, 'x', { held })).toThrow(held.loss);
        expect(readFileSync(path, 'utf8')).toBe('old');
      });

      it('a hold whose signal aborts during the write stops it before the rename', async () => {
        const lost = new AbortController();
        const reason = new HoldfastError('LOCK_LOST', 'lease ran out');
        const held = fakeHeld({ signal: lost.signal });
        const source = async function* () {
          yield 'half';
          lost.abort(reason);
          yield 'rest';
        };
        writeFileSync(path, 'old');
        await expect(subject.createWriter().write(path, source(), { held })).rejects.toBe(reason);
        expect(() => subject.createWriter().writeSync(path, 'x', { held })).toThrow(reason);
        expect([readFileSync(path, 'utf8'), held.publishes]).toEqual(['old', 0]);
      });
    });

    describe('removal', () => {
      it('a removed file is gone, and removing it again is fine', async () => {
        const writer = subject.createWriter();
        writeFileSync(path, 'old');
        await writer.remove(path);
        await writer.remove(path);
        await writer.remove(join(directory, 'none', 'file'));
        expect(existsSync(path)).toBe(false);
      });

      it('a directory is not removed', async () => {
        await expect(subject.createWriter().remove(directory)).rejects.toMatchObject({
          code: 'TARGET_REFUSED',
        });
      });
    });

    describeDataAndNames(subject);
    describeGroupWrite(subject);
  });
}

async function* streamOf(...pieces: readonly (string | Uint8Array)[]): StreamData {
  yield* pieces;
}

/** A stream that waits for `go` before its one piece. */
function pausedStream(piece: string) {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const returned = Promise.withResolvers<void>();
  const stream = (async function* () {
    try {
      asked.resolve();
      await gate.promise;
      yield piece;
    } finally {
      returned.resolve();
    }
  })();
  return { stream, asked: asked.promise, returned: returned.promise, go: () => gate.resolve() };
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
