/** The directory of lock files and its stamp: what is made, what is refused, what is left alone. */
import {
  chmodSync,
  existsSync,
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
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeFifo } from '../testing/make-fifo.ts';
import type { LockProtocol } from './directory-stamp.ts';
import { fileSystemOf } from './file-system.ts';
import { prepareLockDirectory } from './lock-directory.ts';

/** What a file system does that is not like ours. */
const hook = vi.hoisted(() => ({ beforeLink: () => {}, statfsType: undefined as number | undefined }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    linkSync: (from: string, to: string) => {
      hook.beforeLink();
      fs.linkSync(from, to);
    },
    statfsSync: (path: string) => {
      const found = fs.statfsSync(path);
      return hook.statfsType === undefined ? found : { ...found, type: hook.statfsType };
    },
  };
});

let base: string;
let directory: string;
let stamp: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'holdfast-directory-'));
  directory = join(base, 'locks');
  stamp = join(directory, '.backend');
});

afterEach(() => {
  hook.beforeLink = () => {};
  hook.statfsType = undefined;
  rmSync(base, { recursive: true });
});

const prepare = (protocol: LockProtocol) => () => prepareLockDirectory(directory, protocol);
const code = (name: string) => expect.objectContaining({ code: name });

describe('a lock directory', () => {
  it('is made private, with a private stamp and nothing else', () => {
    prepare('lockfile')();
    expect(readdirSync(directory)).toEqual(['.backend']);
    expect(readFileSync(stamp, 'utf8')).toBe('lockfile\n');
    expect([directory, stamp].map((name) => statSync(name).mode & 0o777)).toEqual([0o700, 0o600]);
    expect(statSync(stamp).nlink).toBe(1);
  });

  it('is taken again by the same protocol', () => {
    prepare('flock')();
    const { ino, mtimeMs } = statSync(stamp);
    prepare('flock')();
    expect(statSync(stamp)).toMatchObject({ ino, mtimeMs });
  });

  it.each([
    ['flock', 'lockfile'],
    ['lockfile', 'flock'],
    ['lockfile', 'lockfile-network'],
    ['lockfile-network', 'flock'],
  ] as const)('of %s is refused to %s, with both named', (used, wanted) => {
    prepare(used)();
    expect(prepare(wanted)).toThrow(
      expect.objectContaining({ code: 'LOCK_MIXED', details: { directory, path: stamp, used, wanted } }),
    );
    expect(readFileSync(stamp, 'utf8')).toBe(`${used}\n`);
  });

  it.each(['', 'x\n', 'flock\nlockfile\n', 'flock'.repeat(100)])('with the stamp %j is refused', (text) => {
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(stamp, text);
    expect(prepare('flock')).toThrow(code('DOCUMENT_INVALID'));
    expect(readFileSync(stamp, 'utf8')).toBe(text);
  });

  it.each([
    ['a link', (name: string) => symlinkSync('/etc/hostname', name)],
    ['a dangling link', (name: string) => symlinkSync(join(tmpdir(), 'no-such-stamp'), name)],
    ['a directory', (name: string) => mkdirSync(name)],
    ['a FIFO', makeFifo],
  ])('with %s in the place of its stamp is refused, without a hang', (_what, plant) => {
    mkdirSync(directory, { mode: 0o700 });
    plant(stamp);
    expect(prepare('flock')).toThrow(code('LOCK_DIRECTORY'));
    expect(readdirSync(directory)).toEqual(['.backend']);
    expect(existsSync(join(tmpdir(), 'no-such-stamp'))).toBe(false);
  });

  it('that somebody else stamps at the same moment is theirs', () => {
    hook.beforeLink = () => writeFileSync(stamp, 'flock\n');
    expect(prepare('lockfile')).toThrow(code('LOCK_MIXED'));
    expect(readdirSync(directory)).toEqual(['.backend']);
    expect(readFileSync(stamp, 'utf8')).toBe('flock\n');
  });

  it('without hard links is stamped all the same', () => {
    hook.beforeLink = () => {
      throw Object.assign(new Error('no links'), { code: 'EPERM' });
    };
    prepare('lockfile-network')();
    expect(readdirSync(directory)).toEqual(['.backend']);
    expect(prepare('flock')).toThrow(code('LOCK_MIXED'));
  });

  it('that cannot be stamped keeps nothing half done', () => {
    hook.beforeLink = () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    };
    expect(prepare('flock')).toThrow(code('LOCK_DIRECTORY_FULL'));
    expect(readdirSync(directory)).toEqual([]);
  });

  it('that others can write is refused and not stamped', () => {
    mkdirSync(directory);
    chmodSync(directory, 0o770);
    expect(prepare('lockfile')).toThrow(code('LOCK_DIRECTORY'));
    expect(readdirSync(directory)).toEqual([]);
  });

  it('on a network file system is refused to flock and not stamped', () => {
    hook.statfsType = 0x6969;
    expect(prepare('flock')).toThrow(code('LOCK_UNSUPPORTED'));
    expect(readdirSync(directory)).toEqual([]);
    prepare('lockfile-network')();
  });
});

describe('the file system', () => {
  it.each([
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0xfe534d42, 'SMB2'],
    [0x01021997, '9P'],
    [0x65735546, 'FUSE'],
    [0x00c36400, 'Ceph'],
  ])('%i is told as %s', (type, network) => {
    hook.statfsType = type;
    expect(fileSystemOf(base).network).toBe(network);
  });

  it.each([0xef53, 0x01021994, 0x58465342, 0x9123683e, 0x794c7630])('%i is local', (type) => {
    hook.statfsType = type;
    expect(fileSystemOf(base).network).toBeUndefined();
  });

  it('of what is missing is that of its nearest ancestor', () => {
    expect(fileSystemOf(join(base, 'a', 'b', 'c'))).toEqual(fileSystemOf(base));
    writeFileSync(join(base, 'file'), '');
    expect(fileSystemOf(join(base, 'file', 'b'))).toEqual(fileSystemOf(base));
  });
});
