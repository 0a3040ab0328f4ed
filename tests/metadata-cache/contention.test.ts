/** Two refreshes at once against a server that does not answer yet: who waits, what is said about it, and how it ends. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCache } from '../../apps/metadata-cache/src/open-cache.ts';
import { until } from '../../packages/lock-runner/src/testing/until.ts';
import { heard } from '../lock-command/lock-place.ts';
import { clearLine, screenOf } from '../lock-command/screen.ts';
import { onTerminal } from '../lock-command/terminal.ts';
import { isMissing } from '../support/needs.ts';
import { runtimes } from '../support/repository.ts';
import type { Running } from '../support/run-process.ts';
import { type CacheWorld, cacheWorld } from './cache-world.ts';
import { catalogueServer, type Gate } from './catalogue-server.ts';

let world: CacheWorld;
beforeEach(async () => {
  world = await cacheWorld();
});
afterEach(async () => {
  expect(world.leftovers(), 'temporary files left').toEqual([]);
  await world[Symbol.asyncDispose]();
});

/** A refresh that has the lock and waits for the server. */
async function stuckRefresh(
  args: readonly string[] = [],
): Promise<{ readonly first: Running; readonly gate: Gate }> {
  const gate = world.server.close();
  const first = world.start('refresh', ['--json', ...args]);
  await Promise.race([gate.reached, first.finished]);
  return { first, gate };
}

describe('a second refresh', () => {
  it.skipIf(isMissing('script'))(
    'on a terminal tells from beginning to end why it waits, and joins',
    async () => {
      const { first, gate } = await stuckRefresh();
      const run = onTerminal(80, [runtimes.node, ...world.words('refresh')]);
      await run.shown('waiting for');
      const opening = screenOf(run.output(), 80).rows.join(' ');
      for (const fact of [
        'cache',
        `pid ${first.child.pid} (metadata-cache refresh`,
        '10m',
        'Ctrl-C',
        '--lock-timeout',
      ])
        expect(opening).toContain(fact);
      await run.shown(/still waiting for cache: .* elapsed, .* left/);
      await run.shown(clearLine);
      gate.open();
      expect([(await first.finished).status, await run.status]).toEqual([0, 0]);
      const { rows, broken, column, controls } = screenOf(run.output(), 80);
      expect({ broken, column, controls }).toEqual({ broken: [], column: 0, controls: [] });
      expect(rows.slice(-3)).toEqual([
        expect.stringMatching(/^lock on cache acquired after/),
        expect.stringMatching(/^cache is locked by flock, after a wait of/),
        'foojay: joined a refresh just published; 3 distributions, 7 packages',
      ]);
      expect(world.server.requests).toHaveLength(4);
    },
  );

  it('in a pipe is quiet, downloads nothing, and says that it joined', async () => {
    const { first, gate } = await stuckRefresh();
    const second = world.start('refresh', ['--json', '--log-level', 'debug']);
    await heard(second, 'lock contended');
    gate.open();
    const [, { status, stdout, stderr }] = await Promise.all([first.finished, second.finished]);
    expect([status, JSON.parse(stdout)]).toMatchObject([
      0,
      { outcome: 'joined', revision: 1, download: { requests: 0 } },
    ]);
    expect(world.server.requests).toHaveLength(4);
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ msg: 'limit of the wait decided', waitMs: 600_000, source: 'default' });
    expect(events.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        'lock contended',
        'lock acquired',
        'cache locked',
        'lock released',
        'refresh ended',
      ]),
    );
  });

  it('from another address does not join, and downloads its own', async () => {
    const { first, gate } = await stuckRefresh();
    await using other = await catalogueServer();
    const second = world.refreshed({ url: other.url });
    const { runner } = openCache({
      stateDirectory: world.stateDir,
      source: { name: 'foojay', location: other.url },
      lockBackend: 'auto',
      observer: {},
    });
    await until(async () => (await runner.who('cache')).waiters.length > 0);
    gate.open();
    expect((await first.finished).status).toBe(0);
    expect((await second).report).toMatchObject({ outcome: 'refreshed', download: { requests: 4 } });
    expect(world.cached()?.source.location).toBe(other.url);
  });

  it('with --progress plain appends a line every 5 s, and so does the download', async () => {
    const { first, gate } = await stuckRefresh(['--progress', 'plain']);
    const second = world.start('refresh', ['--progress', 'plain']);
    const quiet = world.start('refresh', ['--progress', 'plain', '--quiet']);
    await Promise.all([heard(first, 'downloading foojay'), heard(second, 'still waiting')]);
    gate.open();
    const [one, two, three] = await Promise.all([first.finished, second.finished, quiet.finished]);
    expect(one.stderr).toMatch(
      /^cache is locked by flock, after a wait of \d+ ms\ndownloading foojay: 0 B, [\d.]+ s elapsed\n$/,
    );
    expect(two.stderr).toMatch(
      /^waiting for cache, .*\nstill waiting for cache: .*\nlock on cache acquired after .*\ncache is locked by flock, .*\n$/,
    );
    expect([three.status, three.stdout, three.stderr]).toEqual([0, '', '']);
  });

  it('that is cancelled ends 130, one that timed out 75, and neither disturbs the first', async () => {
    const { first, gate } = await stuckRefresh();
    const second = world.start('refresh', ['--progress', 'plain']);
    await heard(second, 'waiting for');
    second.child.kill('SIGINT');
    const cancelled = await second.finished;
    expect(cancelled.status).toBe(130);
    expect(cancelled.stderr).toMatch(/cancelled the wait for cache .*\nerror: interrupted \[CANCELLED\]/);
    const timedOut = await world.run('refresh', ['--lock-timeout', '0']);
    expect(timedOut.status).toBe(75);
    expect(timedOut.stderr).toMatch(
      new RegExp(
        `cache is held by pid ${first.child.pid} \\(metadata-cache refresh foojay\\) for \\d+ ms; the limit of one try is set by --lock-timeout \\[LOCK_BUSY\\]`,
      ),
    );
    gate.open();
    expect((await first.finished).status).toBe(0);
  });

  it('names the limit, who set it, and the holder: flag in seconds, environment, file', async () => {
    const { first, gate } = await stuckRefresh();
    const file = join(world.stateDir, 'holdfast.config.json');
    writeFileSync(file, JSON.stringify({ lockTimeout: '120ms', source: 'foojay', maxAge: '1d' }));
    const byFile = await world.refresh();
    const byEnvironment = await world.refresh([], { env: { HOLDFAST_LOCK_TIMEOUT: '110ms' } });
    const byFlag = await world.refresh(['--lock-timeout', '0.1'], { env: { HOLDFAST_LOCK_TIMEOUT: '1h' } });
    const runs = [byFile, byEnvironment, byFlag];
    expect(runs.map(({ status, report }) => [status, report.outcome])).toEqual(Array(3).fill([75, 'locked']));
    expect(runs.map(({ report }) => report.error?.details)).toMatchObject([
      {
        limit: { waitMs: 120, source: 'config file', name: `lockTimeout in ${file}` },
        holder: { pid: first.child.pid },
      },
      { limit: { waitMs: 110, source: 'environment', name: 'HOLDFAST_LOCK_TIMEOUT' } },
      { limit: { waitMs: 100, source: 'flag', name: '--lock-timeout' } },
    ]);
    gate.open();
    await first.finished;
  });

  it.each(['flock', 'lockfile'] as const)(
    'never interleaves with another, and loses no update, by %s',
    async (backend) => {
      const by = ['--lock-backend', backend];
      await world.refreshed({ lockBackend: backend });
      world.server.edition = 2;
      world.server.requests.length = 0;
      const names = ['zulu', 'temurin'];
      const runs = await Promise.all(names.map((name) => world.refresh(['--only', name, ...by])));
      expect(runs.map(({ status, report }) => [status, report.outcome, report.backend])).toEqual(
        Array(2).fill([0, 'merged', backend]),
      );
      const kinds = world.server.requests.map((path) => path.slice(1, path.indexOf('?')));
      expect(kinds).toEqual(Array(2).fill(['distributions', 'packages']).flat());
      const editions = world.cached()?.entries.map(({ content }) => (content as { id: string }[])[0]?.id[0]);
      expect(editions).toEqual(['2', '2', '1']);
    },
  );
});

describe('a download', () => {
  it('that the server never answers gives the lock back at its deadline', async () => {
    await world.refreshed();
    const gate = world.server.close();
    const { status, report } = await world.refresh(['--fetch-timeout', '300ms']);
    expect([status, report.error?.code, report.download.requests]).toEqual([69, 'SOURCE_UNAVAILABLE', 1]);
    gate.open();
    expect((await world.refreshed({ waitMs: 0 })).report).toMatchObject({
      outcome: 'refreshed',
      revision: 2,
    });
  });

  it('that is interrupted ends 130 and gives the lock back', async () => {
    const { first, gate } = await stuckRefresh();
    first.child.kill('SIGINT');
    const { status, stdout } = await first.finished;
    expect([status, JSON.parse(stdout)]).toMatchObject([
      130,
      { outcome: 'cancelled', error: { code: 'CANCELLED' } },
    ]);
    gate.open();
    expect((await world.refreshed({ waitMs: 0 })).error).toBeUndefined();
  });
});
