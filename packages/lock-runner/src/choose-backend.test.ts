/** Which backend a runner gets on which file system, and what it says about it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fileSystemOf } from './directory/file-system.ts';
import { LockRunner } from './lock-runner.ts';

vi.mock('./directory/file-system.ts', () => ({ fileSystemOf: vi.fn() }));

let directory: string;
let told: unknown[];
const look = vi.mocked(fileSystemOf);
const runner = (backend?: 'auto' | 'flock' | 'lockfile' | 'process') =>
  new LockRunner({
    directory,
    ...(backend === undefined ? {} : { backend }),
    observer: { fallback: (event) => told.push(event) },
  });

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'holdfast-choice-')), 'locks');
  told = [];
  look.mockReset().mockReturnValue({ network: undefined, hasBirthTimes: true });
});

afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

describe('a runner without a choice', () => {
  it('looks at nothing until it is used', () => {
    runner();
    expect(look).not.toHaveBeenCalled();
  });

  it('locks by flock on a local file system, and says nothing', async () => {
    const chosen = runner();
    expect(await chosen.run('a', {}, (held) => held.backend)).toBe('flock');
    expect([chosen.backend, chosen.guarantee.scope, told.length]).toEqual(['flock', 'host', 0]);
  });

  it('locks by lockfile on a network file system, and says so once', async () => {
    look.mockReturnValue({ network: 'NFS', hasBirthTimes: false });
    const chosen = runner('auto');
    expect(await chosen.run('a', {}, (held) => held.backend)).toBe('lockfile');
    await chosen.run('b', {}, () => chosen.who('b'));
    expect(chosen.guarantee).toMatchObject({ scope: 'network', crashRelease: 'lease', fenced: false });
    expect(told).toEqual([{ directory, backend: 'lockfile', reason: expect.stringContaining('NFS') }]);
    expect(readdirSync(directory)).toEqual(['.backend']);
  });

  it('keeps to its decision', async () => {
    const chosen = runner();
    expect(chosen.backend).toBe('flock');
    look.mockReturnValue({ network: 'NFS', hasBirthTimes: false });
    await expect(chosen.run('a', {}, () => 'ran')).rejects.toMatchObject({ code: 'LOCK_UNSUPPORTED' });
    expect(chosen.backend).toBe('flock');
  });
});

describe('a runner with a choice', () => {
  it('of flock is refused on a network file system', async () => {
    look.mockReturnValue({ network: 'SMB2', hasBirthTimes: false });
    await expect(runner('flock').run('a', {}, () => 'ran')).rejects.toMatchObject({
      code: 'LOCK_UNSUPPORTED',
    });
    expect(told).toEqual([]);
  });

  it.each([
    [undefined, true, { scope: 'host', crashRelease: 'proof-of-death', fenced: true }],
    [undefined, false, { scope: 'host', crashRelease: 'lease', fenced: true }],
    ['FUSE', false, { scope: 'network', crashRelease: 'lease', fenced: false }],
  ])(
    'of lockfile gets it on %s, with what that can promise (%s)',
    async (network, hasBirthTimes, guarantee) => {
      look.mockReturnValue({ network, hasBirthTimes });
      const chosen = runner('lockfile');
      expect(chosen.guarantee).toEqual({ ...guarantee, canBeLost: true, fair: false });
      expect(await chosen.run('a', {}, (held) => held.backend)).toBe('lockfile');
      expect(told).toEqual([]);
    },
  );

  it('of process needs no directory', async () => {
    look.mockReturnValue({ network: 'NFS', hasBirthTimes: false });
    expect(await runner('process').run('a', {}, (held) => held.backend)).toBe('process');
  });
});

describe('a runner whose backend nobody knows', () => {
  it('is refused when it is made', () => {
    const made = () => runner('flok' as 'flock');
    expect(made).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
