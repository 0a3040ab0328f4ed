/** The whole sentence with MariaDB as truth: the commands as processes, the dataplane in the real kernel. */
import { schemaStatus } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelDump } from '../support/kernel-dump.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { policyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { startProcess } from '../support/run-process.ts';

const applies = 12;

describe.skipIf(isMissing('root', 'nft', 'mariadb'))('policy on a MariaDB truth', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  it('makes the kernel hold what truth says, once, on both runtimes', async () => {
    await using world = await policyWorld({ dataplane: 'kernel', database: await emptyDatabase(server) });
    await world.connect(10, 20_000);
    await world.restrict(await world.connect(11, 5_000), true);
    const first = await world.run('apply', ['--reason', 'panel']);
    expect(first).toMatchObject({ status: 0, report: { outcome: 'applied', digest: await world.digest() } });
    const before = world.lab && kernelDump(world.lab);
    const again = await world.run('apply', [], 'bun');
    const checked = await world.run('reconcile', ['--once', '--check']);
    expect([again, checked].map(({ status, report }) => [status, report.outcome])).toEqual([
      [0, 'unchanged'],
      [0, 'unchanged'],
    ]);
    expect(world.lab && kernelDump(world.lab)).toBe(before);
  });

  it('covers every trigger of a storm of applies', async () => {
    await using world = await policyWorld({ dataplane: 'kernel', database: await emptyDatabase(server) });
    const connection = await world.connect(10, 20_000);
    await world.run('apply');
    const ends = await Promise.all(
      Array.from({ length: applies }, async (_value, index) => {
        await world.shape(connection, 1_000 + index);
        return world.run('apply', ['--reason', 'panel']);
      }),
    );
    expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 0));
    const last = await world.run('reconcile', ['--once']);
    expect(last.report).toMatchObject({ outcome: 'unchanged', digest: await world.digest() });
  });

  it('says which of its failures a database has, by code and exit status, on both runtimes', async () => {
    const empty = await emptyDatabase(server);
    const wrong = empty.replace('root@', 'root:hunter2@');
    const absent = empty.replace(/truth_\w+/, 'absent');
    for (const runtime of ['node', 'bun'] as const) {
      const calls = [
        [wrong, 77, 'DATABASE_ACCESS'],
        [absent, 78, 'DATABASE_UNKNOWN'],
        [empty, 78, 'SCHEMA_MISSING'],
        ['mysql://root:hunter2@127.0.0.1:1/truth', 69, 'DATABASE_UNREACHABLE'],
        ['mysql://root:hunter2@127.0.0.1/truth?colour=red', 78, 'CONFIG_INVALID'],
      ] as const;
      for (const [database, status, code] of calls) {
        await using world = await policyWorld({ dataplane: 'recorded' });
        const ended = await world.run('apply', ['--database', database], runtime);
        expect(ended, code).toMatchObject({ status, report: { outcome: 'failed', error: { code } } });
        expect(ended.stdout + ended.stderr).not.toContain('hunter2');
      }
    }
  });

  it('is migrated, shown, filled and taken back by holdfast db', async () => {
    const database = await emptyDatabase(server);
    const call = async (...words: readonly string[]) => {
      const args = [bins.holdfast, 'db', ...words, '--json', '--database', database];
      const { status, stdout } = await startProcess(runtimes.node, args).finished;
      return { status, document: JSON.parse(stdout) };
    };
    await using world = await policyWorld({ dataplane: 'recorded' });
    const { applied: names } = await schemaStatus(world.truth);
    const newest = names.at(-1);
    expect(await call('status')).toMatchObject({ status: 0, document: { engine: 'mysql', pending: names } });
    expect(await call('migrate')).toEqual({ status: 0, document: { applied: names, version: newest } });
    expect(await call('migrate')).toEqual({ status: 0, document: { applied: [], version: newest } });
    expect(await call('seed')).toEqual({ status: 0, document: { gateway: 'gw1', isSeeded: true } });
    expect(await call('seed')).toMatchObject({ document: { isSeeded: false } });
    for (const name of names.slice(1).toReversed()) {
      expect(await call('rollback')).toEqual({ status: 0, document: { rolledBack: name } });
    }
    expect(await call('rollback')).toMatchObject({
      status: 3,
      document: { error: { code: 'REMOVAL_REFUSED' } },
    });
    expect(await call('rollback', '--force')).toMatchObject({ document: { rolledBack: names[0] } });
    expect(await call('rollback')).toEqual({ status: 0, document: { rolledBack: null } });
    expect(await call('status')).toMatchObject({ document: { applied: [], pending: names } });
  });
});
