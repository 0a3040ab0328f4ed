/** The removing of one claim and no other, also when the world changes between the looking and the doing. */
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isSameClaim, OwnClaim, readClaim, removeClaim } from './lockfile-claim.ts';

/** What somebody else does right before a claim is moved. */
const hook = vi.hoisted(() => ({ beforeRename: () => {} }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const renameSync = (from: string, to: string) => {
    const act = hook.beforeRename;
    hook.beforeRename = () => {};
    act();
    fs.renameSync(from, to);
  };
  return { ...fs, renameSync };
});

let base: string;
let path: string;
let aside: string;
let own: OwnClaim;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'holdfast-claim-'));
  path = join(base, 'x.lock.lock');
  aside = `${path}.aside`;
  own = new OwnClaim(path);
});

afterEach(() => {
  own.close();
  hook.beforeRename = () => {};
  rmSync(base, { recursive: true });
});

function replace(): bigint {
  rmdirSync(path);
  mkdirSync(path);
  return statSync(path, { bigint: true }).ino;
}

describe('a claim', () => {
  it('is current until somebody replaces, removes or renews it', () => {
    expect(own.isCurrent()).toBe(true);
    utimesSync(path, 1, 1);
    expect(own.isCurrent()).toBe(false);
  });

  it('is another one also when it was made in the same place at once', () => {
    const before = own.facts;
    replace();
    const now = readClaim(path);
    expect(now && isSameClaim(now, before)).toBe(false);
    expect(own.isCurrent()).toBe(false);
  });

  it('is renewed to a state that it has never had', () => {
    const seen = new Set([own.facts.mtimeNs]);
    for (let round = 0; round < 500; round += 1) {
      expect(own.touch(1_700_000_000_000)).toBe(true); // though the clock stands still
      seen.add(own.facts.mtimeNs);
    }
    expect(seen.size).toBe(501);
  });

  it('that was replaced is not renewed, nor is the other one', () => {
    replace();
    const before = readClaim(path);
    expect(own.touch(Date.now())).toBe(false);
    expect(readClaim(path)).toEqual(before);
  });

  it('that was removed is not renewed', () => {
    rmdirSync(path);
    expect(own.touch(Date.now())).toBe(false);
  });
});

describe('removing', () => {
  it('takes the claim that is meant', () => {
    expect(removeClaim(path, own.facts, aside)).toBe(true);
    expect(readdirSync(base)).toEqual([]);
  });

  it('takes no other, seen before', () => {
    const other = replace();
    const moved = vi.fn();
    hook.beforeRename = moved;
    expect(removeClaim(path, own.facts, aside)).toBe(false);
    expect(moved).not.toHaveBeenCalled();
    expect(statSync(path, { bigint: true }).ino).toBe(other);
  });

  it('takes no other that comes in between, and puts it back as it was', () => {
    let other = 0n;
    hook.beforeRename = () => {
      other = replace();
      utimesSync(path, 5, 5);
    };
    expect(removeClaim(path, own.facts, aside)).toBe(false);
    const left = statSync(path, { bigint: true });
    expect([left.ino, left.mtimeNs]).toEqual([other, 5_000_000_000n]);
    expect(readdirSync(base)).toEqual(['x.lock.lock']);
  });

  it('takes no claim that is renewed in between', () => {
    hook.beforeRename = () => utimesSync(path, 5, 5);
    expect(removeClaim(path, own.facts, aside)).toBe(false);
    expect(statSync(path).mtimeMs).toBe(5_000);
  });

  it('is done when somebody else has removed it in between', () => {
    hook.beforeRename = () => rmdirSync(path);
    expect(removeClaim(path, own.facts, aside)).toBe(false);
    expect(readdirSync(base)).toEqual([]);
  });
});
