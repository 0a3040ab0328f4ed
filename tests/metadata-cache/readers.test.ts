/** Readers take no lock: beside refreshes, and beside damage. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchedPort } from '../atomic/watched-calls.ts';
import { childProgram } from '../support/child-program.ts';
import { counts } from '../support/counts.ts';
import { runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';
import { type CacheWorld, cacheWorld } from './cache-world.ts';
import { answering } from './catalogue-server.ts';

let world: CacheWorld;
beforeEach(async () => {
  world = await cacheWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

describe('readers', () => {
  it('beside refreshes without end see whole catalogues of one edition, never an older one', async () => {
    await world.refreshed();
    const child = join(import.meta.dirname, 'reader-child.ts');
    const args = [world.stateDir, world.server.url, String(counts.cacheReads), '3'];
    const readers = Array.from({ length: counts.cacheReaders }, (_, place) =>
      startProcess(runtimes[place % 4 === 3 ? 'bun' : 'node'], [...childProgram(child), ...args]),
    );
    const finished = Promise.all(readers.map((reader) => reader.finished));
    let isOver = false;
    void finished.then(() => {
      isOver = true;
    });
    while (!isOver) {
      world.server.edition += 1;
      expect((await world.refreshed()).error).toBeUndefined();
    }
    for (const { status, stdout, stderr } of await finished) {
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const seen = JSON.parse(stdout);
      expect(seen).toMatchObject({ failures: 0, mixed: 0, wentBack: 0 });
      expect(seen.reads).toBeGreaterThanOrEqual(counts.cacheReads);
    }
  });

  it('do not wait for a refresh that is under way', async () => {
    await world.refreshed();
    const gate = world.server.close();
    const first = world.start('refresh');
    await Promise.race([gate.reached, first.finished]);
    const list = await world.run('list', ['--lock-timeout', '0']);
    expect([list.status, list.stderr]).toEqual([0, '']);
    gate.open();
    expect((await first.finished).status).toBe(0);
  });
});

describe('a damaged catalogue', () => {
  /** One bit of the last package, and the file is as long as it was. */
  const flipBit = (path: string) => {
    const bytes = readFileSync(path);
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  };

  it('is answered with the generation before, which is told, and nothing is fetched', async () => {
    await world.refreshed();
    world.server.edition = 2;
    await world.refreshed();
    const asked = world.server.requests.length;
    flipBit(world.path);
    const list = await world.run('list', ['--json']);
    expect([list.status, JSON.parse(list.stdout)]).toMatchObject([
      0,
      { from: 'last-good', generation: 1, refreshed: null },
    ]);
    expect((await world.run('list')).stderr).toMatch(/^warning: .*foojay\.json is damaged or gone/);
    expect(world.server.requests).toHaveLength(asked);
  });

  it.each([
    ['flipped', 2],
    ['cut', 1],
    ['emptied', 1],
  ] as const)('beyond that (%s) is fetched once, however many readers meet it', async (how, readers) => {
    await world.refreshed();
    await world.refreshed();
    for (const path of [world.path, `${world.path}.last-good`]) {
      if (how === 'flipped') flipBit(path);
      else writeFileSync(path, how === 'cut' ? readFileSync(path).subarray(0, 900) : '');
    }
    world.server.requests.length = 0;
    const lists = await Promise.all(Array.from({ length: readers }, () => world.run('list', ['--json'])));
    const answers = lists.map(({ stdout }) => JSON.parse(stdout));
    expect(answers).toMatchObject(Array(readers).fill({ from: 'current', distributionCount: 3 }));
    expect(world.server.requests).toHaveLength(4);
    expect(readdirSync(world.directory).filter((name) => name.includes('.damaged-'))).toHaveLength(2);
  });

  it('beyond that is refused, and nothing is fetched, where the call forbids it', async () => {
    await world.refreshed();
    writeFileSync(world.path, 'torn');
    const asked = world.server.requests.length;
    const { status, stderr } = await world.run('list', ['--refresh', 'never']);
    expect([status, world.server.requests.length]).toEqual([65, asked]);
    expect(stderr).toContain('[DOCUMENT_INVALID]');
  });

  it('is never gone while it is replaced', async () => {
    await world.refreshed();
    writeFileSync(world.path, 'torn');
    const states = new Set<boolean>();
    const look = () => {
      states.add(existsSync(world.path));
    };
    const { error } = await world.refreshed({ fs: watchedPort(look), onStep: look });
    expect(error).toBeUndefined();
    expect([...states]).toEqual([true]);
    expect(readFileSync(world.path, 'utf8')).not.toBe('torn');
  });

  it('that cannot be fetched anew fails with what kept it from that', async () => {
    await world.refreshed();
    writeFileSync(world.path, 'torn');
    const { status, stderr } = await world.run('list', ['--foojay-url', 'http://127.0.0.1:9']);
    expect(status).toBe(69);
    expect(stderr).toMatch(/\[SOURCE_UNAVAILABLE\]\nhint: /);
  });
});

describe('a stale catalogue', () => {
  it('is served with a warning, and fetched anew only where the call says so', async () => {
    await world.refreshed();
    const stale = ['--max-age', '0'];
    const kept = await world.run('list', stale);
    expect([kept.status, kept.stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: this is .* old; metadata-cache refresh/),
    ]);
    const needed = await world.run('list', [...stale, '--refresh', 'needed', '--json']);
    expect(JSON.parse(needed.stdout)).toMatchObject({
      revision: 2,
      refreshed: { outcome: 'refreshed', reason: 'stale' },
    });
  });

  it('that cannot be fetched anew is served all the same, and why is told', async () => {
    await world.refreshed();
    world.server.instead.set('/distributions', answering(404));
    const { status, stdout, stderr } = await world.run('list', ['--max-age', '0', '--refresh', 'needed']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^foojay: 3 distributions/);
    expect(stderr).toMatch(/warning: it could not be refreshed: .* answered 404 \[SOURCE_UNAVAILABLE\]/);
  });
});
