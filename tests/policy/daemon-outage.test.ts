/** The daemon outlives what it stands on: a database that is away, another one in its place, a lock that others hold. */
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { LockRunner } from '@holdfast/lock-runner';
import { openTruth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDaemon } from '../support/daemon-process.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { changes, gateway, policyWorld } from '../support/policy-world.ts';

const never = ['--interval', '1h'];

describe.skipIf(isMissing('mariadb'))('a daemon on MariaDB', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadbServer({ isDurable: true });
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  it('whose server is killed is not ready, says so once, and goes on by itself when it is back', async () => {
    await using world = await policyWorld({ dataplane: 'recorded', database: await emptyDatabase(server) });
    await world.connect(1, 1_000);
    await using daemon = startDaemon(world, [...never, '--log-level', 'info']);
    await daemon.reported(({ covered }) => covered === 1);
    expect((await daemon.ask('/readyz'))?.status).toBe(200);

    await server.kill();
    const away = await daemon.readiness(({ status }) => status === 503);
    expect(away.body.reasons.join()).toMatch(/the database is away: .*\[DATABASE_UNREACHABLE\]/);
    expect(await daemon.metric(`holdfast_database_up{gateway="${gateway}"}`)).toBe(0);
    expect((await daemon.ask('/healthz'))?.status).toBe(200);
    await daemon.reported(({ outcome }) => outcome === 'failed');
    await delay(700); // several tries
    await server.start();
    await world.shape(1, 2_000);

    const back = await daemon.reported(({ error, covered }) => error === undefined && covered === 2);
    expect(back.outcome).toBe('applied');
    await daemon.readiness(({ status }) => status === 200);
    const { status, stderr } = await daemon.stop();
    expect(status).toBe(0);
    expect(daemon.reports.filter(({ outcome }) => outcome === 'failed')).toHaveLength(1);
    const events = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line).msg);
    expect(events.filter((event) => event === 'database away')).toHaveLength(1);
    expect(events.filter((event) => event === 'database answers')).toHaveLength(2);
  });

  it('whose server keeps silent is not ready, and can be stopped all the same', async () => {
    await using world = await policyWorld({ dataplane: 'recorded', database: await emptyDatabase(server) });
    await using daemon = startDaemon(world, never);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    process.kill(server.pid, 'SIGSTOP');
    try {
      const away = await daemon.readiness(({ status }) => status === 503);
      expect(away.body.reasons.join()).toContain('DATABASE_UNREACHABLE');
      expect((await daemon.ask('/healthz'))?.status).toBe(200);
      expect((await daemon.stop()).status).toBe(0);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });

  it('that is started before its server waits for it', async () => {
    await using world = await policyWorld({ dataplane: 'recorded', database: await emptyDatabase(server) });
    await world.connect(1, 1_000);
    await server.stop();
    await using daemon = startDaemon(world, never);
    const away = await daemon.readiness(({ body }) => body.reasons.join().includes('DATABASE_UNREACHABLE'));
    expect(away.status).toBe(503);
    expect(away.body.reasons).toContain('no run has ended yet');
    await server.start();
    await daemon.reported(({ outcome }) => outcome === 'applied');
    await daemon.readiness(({ status }) => status === 200);
    expect((await daemon.stop()).status).toBe(0);
  });

  it('that waits for its server is stopped at once', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = startDaemon(world, ['--database', 'mysql://nobody@127.0.0.1:1/truth']);
    await daemon.reported(({ outcome }) => outcome === 'failed');
    expect((await daemon.stop()).status).toBe(0);
  });

  it.each([
    ['a password that is wrong', (url: string) => url.replace('root@', 'root:hunter2@'), 77],
    ['a database that is not there', (url: string) => url.replace(/truth_\w+/, 'absent'), 78],
    ['a database without a schema', (url: string) => url, 78],
  ])('with %s does not start', async (_what, change, status) => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const args = ['--database', change(await emptyDatabase(server))];
    const ended = await startDaemon(world, args).finished;
    expect(ended.status).toBe(status);
    expect(ended.stdout + ended.stderr).not.toContain('hunter2');
  });
});

describe('a daemon on SQLite', () => {
  it('keeps no descriptor of the database between two runs', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = startDaemon(world, never);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    await world.truth.close();
    await delay(300);
    // The last one that closes a database removes its log.
    expect(existsSync(join(world.stateDir, 'truth.sqlite-wal'))).toBe(false);
  });

  it('follows a backup that takes the place of the file, at once', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const id = await world.connect(1, 1_000);
    const path = join(world.stateDir, 'truth.sqlite');
    const database = new DatabaseSync(path);
    database.prepare('VACUUM INTO ?').run(`${path}.backup`);
    database.close();
    await using restored = openTruth(`sqlite:${path}.backup`);
    await changes(restored).shape(id, 9_000);
    await restored.close();
    await world.shape(id, 2_000);
    await using daemon = startDaemon(world, never);
    // The backup has as many triggers, and other contents.
    await daemon.reported(({ covered }) => covered === 2);

    await world.truth.close();
    await delay(300);
    await rename(`${path}.backup`, path);

    const { changes: made, covered } = await daemon.reported(({ outcome }) => outcome === 'applied');
    expect({ tc: made.tc, covered }).toEqual({ tc: 1, covered: 2 });
  });

  it('is not ready without it, and again with it', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = startDaemon(world, never);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    const path = join(world.stateDir, 'truth.sqlite');
    await world.truth.close();
    await delay(300);
    await rename(path, `${path}.away`);
    const away = await daemon.readiness(({ status }) => status === 503);
    expect(away.body.reasons.join()).toContain('SCHEMA_MISSING');
    await rename(`${path}.away`, path);
    await daemon.readiness(({ status }) => status === 200);
  });

  it('does not start without it', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.truth.close();
    await rm(join(world.stateDir, 'truth.sqlite'));
    expect((await startDaemon(world, never).finished).status).toBe(78);
  });
});

describe('a daemon whose dataplane fails', () => {
  it('tries again until it succeeds, and tells it once', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(1, 1_000);
    const path = join(world.stateDir, `dataplane-${gateway}.json`);
    await using daemon = startDaemon(world, never);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    await rename(path, `${path}.good`);
    await writeFile(path, 'x');
    await world.shape(1, 3_000);
    await daemon.reported(({ outcome }) => outcome === 'failed');
    const failing = await daemon.readiness(({ status }) => status === 503);
    expect(failing.body.reasons.join()).toContain('the last run ended as failed');
    const failed = `holdfast_policy_runs_total{outcome="failed",gateway="${gateway}"}`;
    while (((await daemon.metric(failed)) ?? 0) < 3) await delay(20);
    await rename(`${path}.good`, path);
    await daemon.reported(({ covered }) => covered === 2);
    await daemon.readiness(({ status }) => status === 200);
    expect(daemon.reports.filter(({ outcome }) => outcome === 'failed')).toHaveLength(1);
  });
});

describe('a daemon whose lock is held by somebody else', () => {
  it('is not ready, stays alive, and covers what was recorded meanwhile', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await using daemon = startDaemon(world, [...never, '--lock-timeout', '200ms']);
    await daemon.reported(({ outcome }) => outcome === 'applied');
    const runner = new LockRunner({ directory: join(world.stateDir, 'locks') });
    await runner.run(`policy:${gateway}`, { purpose: 'test' }, async () => {
      await world.connect(1, 1_000);
      await daemon.reported(({ outcome }) => outcome === 'locked');
      await daemon.readiness(
        ({ status, body }) => status === 503 && body.reasons.join().includes('LOCK_BUSY'),
      );
      const locked = `holdfast_policy_runs_total{outcome="locked",gateway="${gateway}"}`;
      while (((await daemon.metric(locked)) ?? 0) < 3) await delay(20);
      expect((await daemon.ask('/healthz'))?.status).toBe(200);
    });
    await daemon.reported(({ covered }) => covered === 1);
    await daemon.readiness(({ status }) => status === 200);
    expect(daemon.reports.filter(({ outcome }) => outcome === 'locked')).toHaveLength(1);
  });
});
