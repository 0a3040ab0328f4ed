/** Documents that somebody damaged: what is served, what is kept as evidence, and that generations go on. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomRuns } from '../../../tests/support/random-runs.ts';
import type { StateReader } from './state-reader.ts';
import { type Counter, CounterDocuments, docHeld, increment } from './testing/counter-documents.ts';

const seed = Date.now() % 2 ** 31;

describe('a damaged document', () => {
  let documents: CounterDocuments;
  let directory: string;
  let path: string;
  let reader: StateReader<Counter>;

  beforeEach(() => {
    documents = new CounterDocuments();
    ({ directory, path, reader } = documents);
  });

  afterEach(() => expect(documents.remove(), 'temporary files left').toEqual([]));

  const damages: readonly (readonly [string, (file: string) => void])[] = [
    ['emptied', (file) => truncateSync(file, 0)],
    ['cut short', (file) => truncateSync(file, statSync(file).size - 3)],
    ['cut in the header', (file) => truncateSync(file, 20)],
    ['appended to', (file) => appendFileSync(file, '\n')],
    [
      'edited by hand',
      (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('"count":', '"count":9')),
    ],
    ['edited to the same length', (file) => flipByte(file, -3)],
    ['zeroed', (file) => writeFileSync(file, Buffer.alloc(statSync(file).size))],
    ['overwritten with other JSON', (file) => writeFileSync(file, '{"count":1}\n')],
  ];

  it.each(damages)(
    'a current file that was %s is not served; the last good generation is',
    async (_, damage) => {
      await documents.publish(3);
      damage(path);
      const expected = { value: { count: 2 }, generation: 2, source: 'last-good' };
      expect(await reader.read(path)).toEqual(expected);
      expect(reader.readSync(path)).toEqual(expected);
    },
  );

  it.each(damages)(
    'an update over a file that was %s keeps it as evidence and goes on counting',
    async (_, damage) => {
      await documents.publish(3);
      damage(path);
      const evidence = readFileSync(path);
      const published = await reader.update(path, docHeld(), increment);
      expect(published).toEqual({ value: { count: 3 }, generation: 4 });
      expect(readFileSync(`${path}.damaged-1000`).equals(evidence)).toBe(true);
      expect(reader.readSync(path)).toEqual({ value: { count: 3 }, generation: 4, source: 'current' });
    },
  );

  it('evidence never replaces evidence', async () => {
    await documents.publish(2);
    for (let round = 0; round < 3; round += 1) {
      writeFileSync(path, `damage ${round}`);
      reader.updateSync(path, docHeld(), increment);
    }
    const evidence = [1_000, 1_001, 1_002].map((stamp) => readFileSync(`${path}.damaged-${stamp}`, 'utf8'));
    expect(evidence).toEqual(['damage 0', 'damage 1', 'damage 2']);
  });

  it('a current file that is missing is served from the last good generation', async () => {
    await documents.publish(3);
    renameSync(path, join(directory, 'moved'));
    expect(reader.readSync(path)).toMatchObject({ generation: 2, source: 'last-good' });
    expect(reader.updateSync(path, docHeld(), increment).generation).toBe(4);
    expect(readdirSync(directory).sort()).toEqual(['doc', 'doc.last-good', 'moved']);
  });

  it('both generations damaged is an error, and nothing is touched', async () => {
    await documents.publish(2);
    writeFileSync(path, 'x');
    writeFileSync(`${path}.last-good`, 'y');
    const refused = { code: 'DOCUMENT_INVALID', details: { path } };
    await expect(reader.read(path)).rejects.toMatchObject(refused);
    await expect(reader.update(path, docHeld(), increment)).rejects.toMatchObject(refused);
    expect([readFileSync(path, 'utf8'), readdirSync(directory).sort()]).toEqual([
      'x',
      ['doc', 'doc.last-good'],
    ]);
  });

  it('a first generation that is damaged is an error, not an empty start', async () => {
    await documents.publish(1);
    truncateSync(path, 30);
    await expect(reader.update(path, docHeld(), increment)).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
    });
  });

  it(`generations never go back, whatever is damaged (seed ${seed})`, () => {
    const step = fc.constantFrom('update', 'damage', 'delete', 'damage last good');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        rmSync(directory, { recursive: true });
        mkdirSync(directory);
        const generations = ['update', 'update', ...steps].map(perform).filter((made) => made !== undefined);
        expect(generations).toEqual([...new Set(generations)].sort((one, other) => one - other));
      }),
      { seed, numRuns: randomRuns(100) },
    );
  });

  /** @returns the generation that an update made; undefined for damage, and where an update would be refused */
  function perform(step: string): number | undefined {
    switch (step) {
      case 'damage':
        writeFileSync(path, 'damaged');
        return undefined;
      case 'delete':
        rmSync(path, { force: true });
        return undefined;
      case 'damage last good':
        if (isWhole(path)) writeFileSync(`${path}.last-good`, 'damaged');
        return undefined;
      default:
        return isNew() || isWhole(path) || isWhole(`${path}.last-good`) ? update() : undefined;
    }
  }

  function update(): number {
    const { generation } = reader.updateSync(path, docHeld(), increment);
    expect(reader.readSync(path)).toMatchObject({ generation, source: 'current' });
    return generation;
  }

  function isWhole(file: string): boolean {
    return existsSync(file) && readFileSync(file, 'utf8') !== 'damaged';
  }

  function isNew(): boolean {
    return readdirSync(directory).length === 0;
  }
});

function flipByte(file: string, offset: number): void {
  const bytes = readFileSync(file);
  const index = bytes.length + offset;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}
