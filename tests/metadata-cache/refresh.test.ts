/** One refresh after the other, through the command: what is fetched, published, served and told. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bothRuntimes } from './both-runtimes.ts';
import { type CacheWorld, cacheWorld } from './cache-world.ts';
import { answering } from './catalogue-server.ts';

let world: CacheWorld;
beforeEach(async () => {
  world = await cacheWorld();
});
afterEach(async () => {
  expect(world.leftovers(), 'temporary files left').toEqual([]);
  await world[Symbol.asyncDispose]();
});

describe('a refresh', () => {
  it.each(bothRuntimes)('takes the lock, fetches, publishes, and readers succeed, on %s', async (runtime) => {
    const { status, report, stderr } = await world.refresh([], { runtime });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(report).toMatchObject({
      outcome: 'refreshed',
      reason: 'manual',
      source: 'foojay',
      revision: 1,
      distributions: 3,
      items: 7,
      backend: 'flock',
      download: { requests: 4, retries: 0 },
      publish: { retries: 0 },
    });
    const list = await world.run('list', [], { runtime });
    expect({ status: list.status, stderr: list.stderr }).toEqual({ status: 0, stderr: '' });
    expect(list.stdout).toMatch(
      /^foojay: 3 distributions, 7 packages, fetched .* ago\n {2}zulu {6}3 {2}Zulu\n/,
    );
    const show = await world.run('show', ['temurin', '--json'], { runtime });
    expect(JSON.parse(show.stdout)).toMatchObject({
      state: 'fresh',
      from: 'current',
      distribution: { name: 'temurin', count: 2 },
    });
    expect([statSync(world.path).mode & 0o777, statSync(world.directory).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
  });

  it('downloads nothing that the source says has not changed, and counts as a check', async () => {
    await world.refreshed();
    const first = world.cached();
    const { report } = await world.refreshed();
    expect(report).toMatchObject({
      outcome: 'refreshed',
      revision: 2,
      unchanged: 3,
      download: { bytes: 0, requests: 4 },
    });
    expect(world.cached()?.entries.map(({ content }) => content)).toEqual(
      first?.entries.map(({ content }) => content),
    );
    world.server.edition = 2;
    expect((await world.refreshed()).report).toMatchObject({ revision: 3, unchanged: 0 });
  });

  it('of one distribution merges it into what is there', async () => {
    await world.refreshed();
    world.server.edition = 2;
    const before = world.cached();
    const { report } = await world.refreshed({ only: 'temurin' });
    expect(report).toMatchObject({ outcome: 'merged', reason: 'only', only: 'temurin', items: 7 });
    const after = world.cached();
    const idsOf = (name: string) =>
      after?.entries.find((entry) => entry.name === name)?.content as readonly { readonly id: string }[];
    expect([idsOf('temurin')[0]?.id.slice(0, 2), idsOf('zulu')[0]?.id.slice(0, 2)]).toEqual(['2-', '1-']);
    expect([after?.checkedAt, after?.wholeRevision, after?.revision]).toEqual([before?.checkedAt, 1, 2]);
  });

  it('of one distribution fetches all where there is nothing to merge into', async () => {
    const { report } = await world.refreshed({ only: 'Zulu' });
    expect(report).toMatchObject({ outcome: 'refreshed', distributions: 3 });
  });

  it('of an unknown distribution fails, and keeps what is there', async () => {
    await world.refreshed();
    const { status, report } = await world.refresh(['--only', 'nobody']);
    expect([status, report.error?.code, world.cached()?.revision]).toEqual([65, 'DISTRIBUTION_UNKNOWN', 1]);
    const empty = await world.refreshed({ stateDir: join(world.stateDir, 'other'), only: 'nobody' });
    expect(empty.error?.code).toBe('DISTRIBUTION_UNKNOWN');
    expect((await world.run('show', ['nobody'])).status).toBe(65);
  });

  it('follows the pages of an answer', async () => {
    await world.refreshed();
    const zulu = world.cached()?.entries[0]?.content as readonly unknown[];
    const page = (packages: readonly unknown[]) => JSON.stringify({ result: packages, message: '' });
    world.server.instead.set('/packages?distro=zulu&page=2', answering(200, page(zulu.slice(1))));
    const link = '</disco/v3.0/packages?distro=zulu&page=2>; rel="next"';
    world.server.instead.set('/packages?distro=zulu', answering(200, page(zulu.slice(0, 1)), { link }));
    const { report } = await world.refreshed();
    expect(report).toMatchObject({ items: 7, download: { requests: 5 } });
  });

  it('of any JSON document by path or URL keeps it apart from the others', async () => {
    const file = join(world.stateDir, 'tools.json');
    writeFileSync(file, JSON.stringify({ tools: ['a', 'b'], other: { c: 1 } }));
    expect((await world.refresh([file])).report).toMatchObject({
      source: 'json',
      distributions: 2,
      items: 3,
    });
    writeFileSync(file, JSON.stringify({ tools: ['a', 'b', 'd'], other: { c: 2, d: 3 } }));
    expect((await world.refresh([file, '--only', 'tools'])).report).toMatchObject({
      outcome: 'merged',
      items: 4,
    });
    const shown = await world.run('show', ['tools', '--source', file]);
    expect(JSON.parse(shown.stdout)).toEqual(['a', 'b', 'd']);
    world.server.instead.set('/any.json', answering(200, '[1,2,3]', { etag: '"x"' }));
    expect((await world.refresh([`${world.server.url}/any.json`])).report).toMatchObject({ items: 3 });
    expect(world.cached()).toBeUndefined();
  });
});

describe('without a catalogue', () => {
  it('list and show fail with a code and a hint, not with an empty list', async () => {
    for (const command of ['list', 'show']) {
      const { status, stdout, stderr } = await world.run(command);
      expect({ status, stdout }).toEqual({ status: 69, stdout: '' });
      expect(stderr).toMatch(
        /no catalogue of foojay has been fetched yet \[CACHE_MISSING\]\nhint: .*refresh/,
      );
    }
    expect(world.server.requests).toEqual([]);
  });

  it('list fetches it where the call says so', async () => {
    const { status, stdout } = await world.run('list', ['--refresh', 'needed', '--json']);
    expect([status, JSON.parse(stdout).refreshed.outcome]).toEqual([0, 'refreshed']);
  });

  it('clear removes both generations, and says when there is nothing', async () => {
    await world.refreshed();
    await world.refreshed();
    expect((await world.run('clear')).stdout).toBe('cleared foojay\n');
    expect((await world.run('clear', ['--json'])).stdout).toContain('"nothing"');
    expect((await world.run('list')).status).toBe(69);
  });
});

describe('the doctor', () => {
  it('tells of a healthy cache, of a damaged one, and of what was left', async () => {
    await world.refreshed();
    await world.refreshed();
    const healthy = await world.run('doctor', ['--json']);
    expect([healthy.status, JSON.parse(healthy.stdout).outcome]).toEqual([0, 'usable']);
    writeFileSync(world.path, 'torn');
    expect((await world.run('doctor')).stdout).toMatch(
      /warn {2}foojay\.json {2}damaged or gone; its last good/,
    );
    writeFileSync(`${world.path}.last-good`, 'torn');
    const damaged = await world.run('doctor');
    expect(damaged.status).toBe(69);
    expect(damaged.stdout).toMatch(/^fail {2}foojay\.json/m);
  });
});
