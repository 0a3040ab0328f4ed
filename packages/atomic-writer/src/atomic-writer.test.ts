/** The native engine against the contract, and the order of its system calls. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fakeHeld } from '@holdfast/base/fake-held';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AtomicWriter } from './atomic-writer.ts';
import { describeAtomicWriter } from './atomic-writer-contract.ts';
import type { FilePort } from './file-port.ts';
import { nodeFilePort } from './node-file-port.ts';
import { ownerOfTempName } from './temp-name.ts';

for (const engine of ['native', 'portable'] as const) {
  describeAtomicWriter({ name: engine, createWriter: (options) => new AtomicWriter({ ...options, engine }) });
}

describe('native engine', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-native-'));
    path = join(directory, 'file');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it.each([
    ['none', ['create', 'write', 'measure', 'close', 'rename']],
    ['file', ['create', 'write', 'measure', 'flush', 'close', 'rename']],
    ['full', ['create', 'write', 'measure', 'flush', 'close', 'openDirectory', 'rename', 'flush', 'close']],
  ] as const)('durability %s makes exactly these calls in this order', async (durability, expected) => {
    const calls: string[] = [];
    const writer = new AtomicWriter({ durability, fs: recordingPort(calls) });
    writer.writeSync(path, 'x');
    expect(calls.filter((call) => call !== 'inspect')).toEqual(expected);
    expect(calls.filter((call) => call === 'inspect')).toHaveLength(1);
    calls.length = 0;
    await writer.write(path, 'x');
    const order = calls.filter((call) => call !== 'inspect' && call !== 'resolve');
    expect(order.map((call) => call.replace('Later', ''))).toEqual(expected);
  });

  it('a disk that takes fewer bytes than it says is not published', async () => {
    writeFileSync(path, 'old');
    const fs: FilePort = {
      ...nodeFilePort,
      write: (descriptor, bytes, offset, length) => {
        nodeFilePort.write(descriptor, bytes, offset, length - 1);
        return length;
      },
      writeLater: async (descriptor, bytes, offset, length) => {
        await nodeFilePort.writeLater(descriptor, bytes, offset, length - 1);
        return length;
      },
    };
    const writer = new AtomicWriter({ fs });
    const failure = { code: 'WRITE_FAILED', details: { step: 'check' } };
    expect(() => writer.writeSync(path, 'new content')).toThrow(
      expect.objectContaining({ code: 'WRITE_FAILED' }),
    );
    await expect(writer.write(path, 'new content')).rejects.toMatchObject(failure);
    await expect(writer.write(path, Buffer.alloc(200_000))).rejects.toMatchObject(failure);
    expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['old', ['file']]);
  });

  it('short writes are continued until every byte is out', async () => {
    const fs: FilePort = {
      ...nodeFilePort,
      write: (descriptor, bytes, offset, length) =>
        nodeFilePort.write(descriptor, bytes, offset, Math.min(length, 3)),
      writeLater: (descriptor, bytes, offset, length) =>
        nodeFilePort.writeLater(descriptor, bytes, offset, Math.min(length, 50_001)),
    };
    const writer = new AtomicWriter({ fs });
    writer.writeSync(path, '0123456789');
    expect(readFileSync(path, 'utf8')).toBe('0123456789');
    const large = Buffer.alloc(200_000, 'abc');
    await writer.write(path, large);
    expect(readFileSync(path).equals(large)).toBe(true);
  });

  it('a write that takes no bytes at all is a failure, not an endless loop', () => {
    const writer = new AtomicWriter({ fs: { ...nodeFilePort, write: () => 0 } });
    expect(() => writer.writeSync(path, 'x')).toThrow(expect.objectContaining({ code: 'WRITE_FAILED' }));
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(['file', 'link'] as const)(
    'a %s planted at the name of the temp is neither used nor changed',
    (kind) => {
      const victim = join(directory, 'victim');
      writeFileSync(victim, 'untouched');
      let planted = '';
      const fs: FilePort = {
        ...nodeFilePort,
        create: (tempPath) => {
          if (planted === '') {
            planted = tempPath;
            if (kind === 'link') symlinkSync(victim, tempPath);
            else writeFileSync(tempPath, 'untouched');
          }
          return nodeFilePort.create(tempPath);
        },
      };
      new AtomicWriter({ fs }).writeSync(path, 'new');
      expect([readFileSync(planted, 'utf8'), readFileSync(victim, 'utf8')]).toEqual([
        'untouched',
        'untouched',
      ]);
      expect(readFileSync(path, 'utf8')).toBe('new');
    },
  );

  it('a temp carries its owner and is a private sibling', () => {
    const names: string[] = [];
    const modes: number[] = [];
    const fs: FilePort = {
      ...nodeFilePort,
      create: (tempPath) => {
        const descriptor = nodeFilePort.create(tempPath);
        names.push(tempPath);
        modes.push(nodeFilePort.measure(descriptor).mode);
        return descriptor;
      },
    };
    const writer = new AtomicWriter({ fs, mode: 0o644 });
    writer.writeSync(path, 'x');
    writer.writeSync(path, 'x');
    expect(new Set(names).size).toBe(2);
    expect(modes).toEqual([0o600, 0o600]);
    expect(names.map((name) => ownerOfTempName(basename(name))?.pid)).toEqual([process.pid, process.pid]);
  });

  it('what beforePublish does happens under the hold, right before the rename', () => {
    const calls: string[] = [];
    const held = fakeHeld({
      publish: (step) => {
        calls.push('fence');
        return step();
      },
    });
    const fs = recordingPort(calls);
    new AtomicWriter({ durability: 'none', fs }).writeSync(path, 'x', {
      held,
      beforePublish: () => calls.push('before'),
    });
    expect(calls.slice(-3)).toEqual(['fence', 'before', 'rename']);
  });

  it('a beforePublish that throws leaves the old file', async () => {
    writeFileSync(path, 'old');
    const cause = new Error('no');
    const beforePublish = () => {
      throw cause;
    };
    await expect(new AtomicWriter().write(path, 'new', { beforePublish })).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      cause,
      details: { step: 'publish' },
    });
    expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['old', ['file']]);
  });

  it.each([
    ['is not looked at again', { mode: 0o600 }, 0],
    ['is looked at for the mode that is to be kept', {}, 1],
    ['is looked at where a link is followed', { mode: 0o600, symlink: 'follow' }, 1],
  ] as const)('a target that its caller has just read %s', async (_what, options, looks) => {
    const calls: string[] = [];
    const writer = new AtomicWriter({ ...options, durability: 'none', fs: recordingPort(calls) });
    writer.writeSync(path, 'x', { isTargetRead: true });
    await writer.write(path, 'y', { isTargetRead: true });
    expect(calls.filter((call) => call === 'inspect')).toHaveLength(looks * 2);
    expect(readFileSync(path, 'utf8')).toBe('y');
    expect(() => writer.writeSync(`${path}/`, 'x', { isTargetRead: true })).toThrow(
      expect.objectContaining({ code: 'TARGET_REFUSED' }),
    );
  });

  it('a platform without directory flushes writes full as file', async () => {
    const calls: string[] = [];
    const fs = { ...recordingPort(calls), canFlushDirectories: false };
    await new AtomicWriter({ fs }).write(path, 'x');
    expect(calls).not.toContain('openDirectory');
    expect(calls.filter((call) => call === 'flushLater')).toHaveLength(1);
  });
});

function recordingPort(calls: string[]): FilePort {
  const recorded = Object.entries(nodeFilePort).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member];
    const record = (...parameters: unknown[]) => {
      calls.push(name);
      return Reflect.apply(member, undefined, parameters);
    };
    return [name, record];
  });
  return Object.fromEntries(recorded);
}
