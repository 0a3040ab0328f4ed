/** A salt in a file: the contract, and what is only true of files. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@holdfast/base';
import { LockRunner } from '@holdfast/lock-runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSaltStore } from './file-salt-store.ts';
import { IpSalt } from './ip-salt.ts';
import { describeSaltStore, type SaltPlace } from './ip-salt-contract.ts';
import { MemorySaltStore } from './memory-salt-store.ts';

async function filePlace(): Promise<SaltPlace & { readonly home: string }> {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-salt-'));
  const open = () =>
    new FileSaltStore({
      directory: join(home, 'salt'),
      runner: new LockRunner({ directory: join(home, 'locks'), backend: 'flock' }),
    });
  return {
    home,
    open,
    damage: () => {
      for (const name of readdirSync(join(home, 'salt'))) writeFileSync(join(home, 'salt', name), 'x');
    },
    [Symbol.asyncDispose]: async () => rmSync(home, { recursive: true }),
  };
}

async function memoryPlace(): Promise<SaltPlace> {
  const store = new MemorySaltStore();
  return { open: () => store, damage: () => undefined, [Symbol.asyncDispose]: async () => undefined };
}

describeSaltStore('a file', filePlace);
describeSaltStore('memory', memoryPlace, { isDamageable: false });

describe('the file of a salt', () => {
  let place: Awaited<ReturnType<typeof filePlace>>;
  beforeEach(async () => {
    place = await filePlace();
  });
  afterEach(() => place[Symbol.asyncDispose]());

  it('is of its owner alone, and so is its directory', async () => {
    await new IpSalt({ store: place.open() }).current();
    expect(statSync(join(place.home, 'salt', 'ip.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(place.home, 'salt')).mode & 0o777).toBe(0o700);
  });

  it.each(['', '..', 'a/b', '../a', 'A', 'a.json', 'x'.repeat(65)])('is not named by %j', (name) => {
    const runner = new LockRunner({ directory: join(place.home, 'locks') });
    expect(() => new FileSaltStore({ directory: place.home, name, runner })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('serves on while somebody else holds its lock, though it is due', async () => {
    const hour = 3_600_000;
    const schedule = { rotateEveryMs: hour, overlapMs: hour };
    const runner = new LockRunner({ directory: join(place.home, 'locks'), backend: 'flock' });
    const open = (wallMs: () => number) => {
      const clock = { ...systemClock, wallMs };
      const store = new FileSaltStore({ directory: join(place.home, 'salt'), runner, waitMs: 0, clock });
      return new IpSalt({ store, schedule, clock, rememberMs: 0 });
    };
    const { current } = await open(Date.now).hash('a');
    const later = open(() => Date.now() + hour);
    await using _held = await runner.acquire('salt:ip');
    expect((await later.hash('a')).current).toBe(current);
  });

  it('that is missing while its lock is held is refused, not made up', async () => {
    const runner = new LockRunner({ directory: join(place.home, 'locks'), backend: 'flock' });
    const store = new FileSaltStore({ directory: join(place.home, 'salt'), runner, waitMs: 0 });
    await using _held = await runner.acquire('salt:ip');
    await expect(new IpSalt({ store }).current()).rejects.toMatchObject({ code: 'LOCK_BUSY' });
  });

  it('that is damaged is told without its content', async () => {
    const { secret } = (await new IpSalt({ store: place.open() }).current()).current;
    const path = join(place.home, 'salt', 'ip.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('bornMs', 'bornXX'));
    const failure = await place
      .open()
      .read()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DOCUMENT_INVALID' });
    expect(String(failure) + JSON.stringify(failure)).not.toContain(secret);
  });
});
