/** The part of the writer's contract that is about order, cancellation and holds. Not part of the build. */
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { describe, expect, it } from 'vitest';
import type { ContractSubject } from './testing/contract-subject.ts';
import { pausedStream, streamOf } from './testing/streams.ts';
import { useTargetFile } from './testing/use-target-file.ts';

export function describeOrder(subject: ContractSubject): void {
  let directory: string;
  let path: string;
  useTargetFile((file) => {
    ({ directory, path } = file);
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
}
