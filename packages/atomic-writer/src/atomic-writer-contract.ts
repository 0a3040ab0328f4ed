/**
 * What every engine of `AtomicWriter` must do, as a suite to be called with a factory. Checks outcomes on a real
 * directory only, never how the engine gets there. Not part of the build.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeData } from './data-contract.ts';
import { describeGroupWrite } from './group-write-contract.ts';
import { describeMode } from './mode-contract.ts';
import { describeOrder } from './order-contract.ts';
import { describeTargets } from './target-contract.ts';
import type { ContractSubject } from './testing/contract-subject.ts';
import { streamOf } from './testing/streams.ts';
import { useTargetFile } from './testing/use-target-file.ts';

const seed = Date.now() % 2 ** 31;

export function describeAtomicWriter(subject: ContractSubject): void {
  describe(`atomic writer contract: ${subject.name}`, () => {
    describeContent(subject);
    describeMode(subject);
    describeTargets(subject);
    describeOrder(subject);
    describeData(subject);
    describeGroupWrite(subject);
  });
}

function describeContent(subject: ContractSubject): void {
  let directory: string;
  let path: string;
  useTargetFile((file) => {
    ({ directory, path } = file);
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
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 6 }), async (pieces) => {
          const whole = Buffer.concat(pieces);
          const receipt = await writer.write(path, streamOf(...pieces));
          expect(readFileSync(path).equals(whole)).toBe(true);
          expect(writer.writeSync(path, whole).sha256).toBe(receipt.sha256);
          expect(readFileSync(path).equals(whole)).toBe(true);
        }),
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
}
