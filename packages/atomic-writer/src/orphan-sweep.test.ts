/** Which temporary files a sweep takes: only those of owners that are provably dead. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Held, HoldfastError } from '@holdfast/base';
import { fakeHeld } from '@holdfast/base/fake-held';
import { ownIdentity, type ProcessIdentity } from '@holdfast/base/process-identity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AtomicWriter } from './atomic-writer.ts';
import type { FilePort } from './file-port.ts';
import { nodeFilePort } from './node-file-port.ts';
import { createTempName, ownerOfTempName } from './temp-name.ts';

describe('orphan sweep', () => {
  let directory: string;
  const writer = new AtomicWriter();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-sweep-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('removes the temp of a process that has ended', async () => {
    const name = plant({ ...ownIdentity(), pid: endedPid() });
    writeFileSync(join(directory, 'file'), 'a document');
    expect(await writer.sweepOrphans(directory)).toEqual({ removed: [name], kept: [] });
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('removes the temp of a process whose pid was reused', async () => {
    const name = plant({ ...ownIdentity(), startTime: '1' });
    expect(await writer.sweepOrphans(directory)).toMatchObject({ removed: [name] });
  });

  it('keeps the temp of a living owner, however old it looks', async () => {
    const name = plant(ownIdentity());
    utimesSync(join(directory, name), 0, 0);
    expect(await writer.sweepOrphans(directory)).toEqual({
      removed: [],
      kept: [{ name, reason: 'owner-alive' }],
    });
  });

  const outOfSight = [
    ['another boot', { boot: '0123456789ab' }, 'owner-of-another-boot'],
    ['another pid namespace', { pidNamespace: '1' }, 'owner-of-another-namespace'],
    ['no boot id', { boot: 'none' }, 'owner-unknown'],
  ] as const;

  it.each(outOfSight)('keeps the temp of an owner of %s, and says why', async (_, foreign, reason) => {
    const name = plant({ ...ownIdentity(), pid: endedPid(), ...foreign });
    expect(await writer.sweepOrphans(directory)).toEqual({ removed: [], kept: [{ name, reason }] });
  });

  it.each(outOfSight)(
    'removes the temp of an owner of %s under the lock of all writers',
    async (_, foreign) => {
      const name = plant({ ...ownIdentity(), pid: endedPid(), ...foreign });
      const alive = plant(ownIdentity());
      const held = fakeHeld();
      expect(await writer.sweepOrphans(directory, { soleWriters: held })).toEqual({
        removed: [name],
        kept: [{ name: alive, reason: 'owner-alive' }],
      });
      expect(held.publishes).toBe(1);
    },
  );

  it('takes no lock that is given back, or was lost on the way, for a proof', async () => {
    const names = ['a', 'b', 'c'].map((prefix) =>
      nameFor({ ...ownIdentity(), boot: '0123456789ab' }, prefix),
    );
    for (const name of names) writeFileSync(join(directory, name), 'half');
    const sweep = (soleWriters: Held) => writer.sweepOrphans(directory, { soleWriters });
    await expect(sweep(fakeHeld({ isReleased: true }))).rejects.toMatchObject({ code: 'LOCK_RELEASED' });
    expect(readdirSync(directory)).toHaveLength(3);
    const loss = new HoldfastError('LOCK_LOST', 'taken over');
    const losing = fakeHeld();
    losing.publish = (step) => {
      losing.publishes += 1;
      if (losing.publishes > 1) throw loss;
      return step();
    };
    await expect(sweep(losing)).rejects.toBe(loss);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('keeps a link or directory with the name of an orphan, and what it points to', async () => {
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'untouched');
    const dead = { ...ownIdentity(), pid: endedPid() };
    symlinkSync(victim, join(directory, nameFor(dead, 'a')));
    mkdirSync(join(directory, nameFor(dead, 'b')));
    const report = await writer.sweepOrphans(directory);
    expect(report.removed).toEqual([]);
    expect(report.kept.map(({ reason }) => reason)).toEqual(['not-a-file', 'not-a-file']);
    expect(existsSync(victim)).toBe(true);
  });

  it('leaves an active temp to its writer', async () => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const write = writer.write(
      join(directory, 'file'),
      (async function* () {
        yield 'half';
        asked.resolve();
        await gate.promise;
      })(),
    );
    await asked.promise;
    expect(await writer.sweepOrphans(directory)).toMatchObject({
      removed: [],
      kept: [{ reason: 'owner-alive' }],
    });
    gate.resolve();
    await write;
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('names what the system refuses to remove, and goes on', async () => {
    const name = plant({ ...ownIdentity(), pid: endedPid() });
    const unlink = () => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    };
    const fs: FilePort = { ...nodeFilePort, unlink };
    expect(await new AtomicWriter({ fs }).sweepOrphans(directory)).toEqual({
      removed: [],
      kept: [{ name, reason: 'EACCES' }],
    });
  });

  it('a directory that cannot be listed is an error', async () => {
    await expect(writer.sweepOrphans(join(directory, 'none'))).rejects.toMatchObject({
      code: 'READ_FAILED',
      details: { errno: 'ENOENT' },
    });
  });

  it('a temp name carries its owner back, for any file name', () => {
    for (const name of ['file', 'a.b-c.d', 'new\nline', 'ü'.repeat(127), 'n'.repeat(255), '.hidden.']) {
      const temp = createTempName(name);
      expect(ownerOfTempName(temp)).toEqual(ownIdentity());
      expect(Buffer.byteLength(temp)).toBeLessThanOrEqual(255);
    }
    for (const name of ['file', '.file.holdfast-tmp', `.x.zzz-1-2-3.${'0'.repeat(32)}.holdfast-tmp`]) {
      expect(ownerOfTempName(name)).toBeUndefined();
    }
  });

  function plant(owner: ProcessIdentity): string {
    const name = nameFor(owner, 'file');
    writeFileSync(join(directory, name), 'half');
    return name;
  }
});

function nameFor(owner: ProcessIdentity, prefix: string): string {
  const { boot, pidNamespace, pid, startTime } = owner;
  return `.${prefix}.${boot}-${pidNamespace}-${pid}-${startTime}.${'0'.repeat(32)}.holdfast-tmp`;
}

function endedPid(): number {
  return spawnSync('/bin/true').pid;
}
