/** What a reader has served, it does not go behind: overlapping reads, backups that are put back, removals. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SeenGenerations } from './seen-generations.ts';
import { StateReader } from './state-reader.ts';

describe('seen generations', () => {
  let directory: string;
  let path: string;
  const held = fakeHeld({ scope: 'doc' });
  const increment = (value: number | undefined) => (value ?? 0) + 1;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-seen-'));
    path = join(directory, 'doc');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  function createReader(): StateReader<number> {
    const writer = new AtomicWriter({ durability: 'none' });
    return new StateReader({ validator: z.number(), writer, scope: 'doc' });
  }

  it('a read that is overtaken by a later one serves nothing older', async () => {
    const reader = createReader();
    const updater = createReader();
    updater.updateSync(path, held, increment);
    let overtakings = 0;
    for (let round = 0; round < 300; round += 1) {
      let hasEnded = false;
      const slow = reader.read(path).finally(() => {
        hasEnded = true;
      });
      if (round % 3 > 0) await new Promise(setImmediate);
      updater.updateSync(path, held, increment);
      if (hasEnded) continue;
      const { generation } = reader.readSync(path);
      const overtaken = await slow;
      expect(overtaken.generation, `round ${round}`).toBe(generation);
      expect(overtaken).not.toHaveProperty('wentBackFrom');
      overtakings += 1;
    }
    expect(overtakings).toBeGreaterThan(50);
  });

  it('a backup that is put back is served and reported, and updates count on from what was served', async () => {
    const reader = createReader();
    for (let count = 0; count < 3; count += 1) reader.updateSync(path, held, increment);
    copyFileSync(path, `${path}.backup`);
    for (let count = 0; count < 2; count += 1) reader.updateSync(path, held, increment);
    copyFileSync(`${path}.backup`, path);
    const older = { value: 3, generation: 3, source: 'current', wentBackFrom: 5 };
    expect(reader.readSync(path)).toEqual(older);
    expect(await reader.read(path)).toEqual(older);
    expect(await reader.update(path, held, increment)).toEqual({ value: 4, generation: 6 });
    expect(await reader.read(path)).toEqual({ value: 4, generation: 6, source: 'current' });
  });

  it('the spelling of a path makes no other document of it', () => {
    const reader = createReader();
    for (let count = 0; count < 3; count += 1) reader.updateSync(path, held, increment);
    copyFileSync(`${path}.last-good`, path);
    expect(reader.readSync(`${directory}/./doc`)).toMatchObject({ generation: 2, wentBackFrom: 3 });
  });

  it('generations go on after a backup and damage to what followed it, for readers who know of neither', () => {
    const reader = createReader();
    for (let count = 0; count < 3; count += 1) reader.updateSync(path, held, increment);
    copyFileSync(path, `${path}.backup`);
    for (let count = 0; count < 3; count += 1) reader.updateSync(path, held, increment);
    copyFileSync(`${path}.backup`, path);
    expect(reader.updateSync(path, held, increment).generation).toBe(7);
    writeFileSync(path, 'damaged');
    expect(createReader().updateSync(path, held, increment)).toEqual({ value: 4, generation: 8 });
  });

  it('a document that somebody else removed is absent and reported', async () => {
    const reader = createReader();
    reader.updateSync(path, held, increment);
    await createReader().remove(path, held);
    expect(await reader.read(path)).toEqual({
      value: undefined,
      generation: 0,
      source: 'absent',
      wentBackFrom: 1,
    });
  });

  it('a document that this reader removed counts from 1 again', async () => {
    const reader = createReader();
    for (let count = 0; count < 3; count += 1) reader.updateSync(path, held, increment);
    await reader.remove(path, held);
    expect(await reader.read(path)).toEqual({ value: undefined, generation: 0, source: 'absent' });
    expect(reader.updateSync(path, held, increment).generation).toBe(1);
    expect(reader.readSync(path)).not.toHaveProperty('wentBackFrom');
  });

  it('a new reader knows of nothing', () => {
    const reader = createReader();
    for (let count = 0; count < 3; count += 1) reader.updateSync(path, held, increment);
    copyFileSync(`${path}.last-good`, path);
    expect(createReader().readSync(path)).toEqual({ value: 2, generation: 2, source: 'current' });
  });

  it('the memory is bounded and forgets what was longest not read', () => {
    const seen = new SeenGenerations();
    seen.note('kept', 7);
    for (let index = 0; index < 5_000; index += 1) {
      seen.note(`doc-${index}`, 1);
      seen.note('kept', 3);
    }
    expect([seen.of('kept'), seen.of('doc-0'), seen.of('doc-4999')]).toEqual([7, 0, 1]);
  });
});
