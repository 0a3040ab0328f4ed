/** `holdfast doctor` of what a gateway stands on: database, state directory, programs, kernel. */
import { chmod, chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTruth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { addSessionDevices, labDevice } from '../support/network-lab.ts';
import { policyWorld } from '../support/policy-world.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { withoutNft } from '../support/without-nft.ts';
import { examine, inMounts } from './doctor-world.ts';
import { answerOf } from './explain-world.ts';

describe('doctor of the database', () => {
  it('that is down fails, and looks at nothing that is in it', async () => {
    await using directory = await temporaryDirectory();
    const url = 'mysql://doctor:hunter2@127.0.0.1:1/holdfast';
    const flags = ['--state-dir', directory.path, '--database', url, '--dataplane', 'recorded'];
    const { status, verdicts, stdout } = await examine(flags, { only: 'database,schema,truth,triggers,nas' });
    expect({ status, verdicts }).toMatchObject({
      status: 69,
      verdicts: {
        database: 'fail',
        schema: 'skip',
        truth: 'skip',
        triggers: 'skip',
        nas: 'skip',
      },
    });
    expect(stdout).not.toContain('hunter2');
  });

  it('without a schema, and with one of a newer program, fails with 78', async () => {
    await using directory = await temporaryDirectory();
    const flags = ['--state-dir', directory.path];
    await using bare = openTruth(`sqlite:${join(directory.path, 'truth.sqlite')}`);
    await bare.db.selectNoFrom(({ lit }) => lit(1).as('one')).execute();
    const missing = await examine(flags, { only: 'database,schema,truth' });
    expect(missing).toMatchObject({
      status: 78,
      verdicts: { database: 'ok', schema: 'fail', truth: 'skip' },
    });

    await using world = await policyWorld({ dataplane: 'recorded' });
    const newer = { name: '9999-from-the-future', applied_at: new Date().toISOString() as never };
    await world.truth.db.insertInto('schema_migrations').values(newer).execute();
    const { status, findings } = await examine(world.flags, { only: 'schema' });
    expect({ status, found: findings[0]?.found }).toEqual({
      status: 78,
      found: 'a newer program has applied 9999-from-the-future',
    });
  });

  describe.skipIf(isMissing('mariadb'))('on MariaDB', () => {
    let server: MariadbServer;

    beforeAll(async () => {
      server = await startMariadbServer({ args: ['--sql-mode='] });
    });

    afterAll(() => server?.[Symbol.asyncDispose]());

    it('tells its version, mode and clock, and shows no secret', async () => {
      const database = await emptyDatabase(server);
      await using world = await policyWorld({ dataplane: 'recorded', database });
      await world.truth.db.updateTable('gateways').set({ coa_secret: 'hunter2-of-the-nas' }).execute();
      const { status, verdicts, findings, stdout } = await examine(world.flags, {
        only: 'database,schema,gateways,nas,triggers,clock',
      });
      expect({ status, verdicts }).toMatchObject({
        status: 0,
        verdicts: { database: 'warn', schema: 'ok', nas: 'warn' },
      });
      expect(findings.map(({ found }) => found)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^MariaDB 1\d\.\d+\.\d+.* answers$/),
          expect.stringMatching(/^its clock is \d+ ms (?:ahead|behind)$/),
          'our connections are strict and in UTC',
          'other programs write without strict mode (sql_mode)',
          'a write was taken, and rolled back',
        ]),
      );
      expect(stdout).not.toContain('hunter2');
    });
  });
});

describe.skipIf(isMissing('root', 'nft', 'unshare'))('doctor of the state directory', () => {
  it('that is read-only fails there and at its locks', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const { status, verdicts, findings } = await examine(world.flags, {
      only: 'state-directory,locks',
      through: inMounts('mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"', world.stateDir),
    });
    expect({ status, verdicts }).toEqual({
      status: 69,
      verdicts: { 'state-directory': 'fail', locks: 'fail' },
    });
    expect(findings.map(({ found }) => found)).toContain('a file cannot be written there (EROFS)');
  });

  it('whose locks are kept by another backend fails with 78', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.run('apply');
    const flags = [...world.flags, '--lock-backend', 'lockfile'];
    const { status, findings } = await examine(flags, { only: 'locks' });
    expect({ status, found: findings[0]?.found }).toEqual({
      status: 78,
      found: `${join(world.stateDir, 'locks')} is locked by flock, and would be by lockfile here`,
    });
  });

  it('on a file system that is full fails, and on one in memory warns of its truth', async () => {
    await using directory = await temporaryDirectory();
    const flags = ['--state-dir', directory.path];
    const tmpfs = 'mount -t tmpfs -o size=256k,mode=700 tmpfs "$1"';
    const fill = `${tmpfs} && { head -c 1m /dev/zero > "$1/fill" 2> /dev/null; true; }`;
    const full = await examine(flags, { only: 'state-directory', through: inMounts(fill, directory.path) });
    expect(full).toMatchObject({ status: 69, verdicts: { 'state-directory': 'fail' } });
    expect(full.findings.map(({ found }) => found)).toEqual(
      expect.arrayContaining([
        'a file cannot be written there (ENOSPC)',
        expect.stringContaining('0 MiB and'),
      ]),
    );
    expect(full.stdout).toContain('so truth.sqlite is gone after a reboot');
  });

  it('that others may write, that is not there, or that is no directory fails', async () => {
    await using directory = await temporaryDirectory();
    const only = 'state-directory';
    await chmod(directory.path, 0o777);
    const open = await examine(['--state-dir', directory.path], { only });
    expect(open).toMatchObject({ status: 78, verdicts: { [only]: 'fail' } });
    await chmod(directory.path, 0o755);
    const readable = await examine(['--state-dir', directory.path], { only });
    expect(readable).toMatchObject({ status: 0, verdicts: { [only]: 'warn' } });
    const missing = join(directory.path, 'nowhere');
    expect(await examine(['--state-dir', missing], { only })).toMatchObject({ status: 69 });
    await writeFile(missing, '');
    expect(await examine(['--state-dir', missing], { only })).toMatchObject({ status: 78 });
    expect((await stat(missing)).size).toBe(0);
  });
});

describe.skipIf(isMissing('root', 'nft', 'unshare'))('doctor of the kernel', () => {
  it('without nft and tc says what to install, and tries nothing', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    const only = 'tools,kernel,dataplane';
    const { status, verdicts, findings } = await examine(world.flags, { only, through: withoutNft });
    expect({ status, verdicts }).toEqual({
      status: 69,
      verdicts: { tools: 'fail', kernel: 'skip', dataplane: 'skip' },
    });
    expect(findings.find(({ verdict }) => verdict === 'fail')?.hint).toContain('apt-get install nftables');
  });

  it('of an ordinary user misses the right, and tries the kernel in a user namespace all the same', async () => {
    await using directory = await temporaryDirectory();
    await chown(directory.path, 65_534, 65_534);
    const { status, verdicts, stdout } = await examine(['--state-dir', directory.path], {
      only: 'permissions,kernel',
      through: (command) => ['setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...command]],
    });
    expect({ status, verdicts }).toEqual({ status: 69, verdicts: { permissions: 'fail', kernel: 'ok' } });
    expect(stdout).toContain('user 65534 has no CAP_NET_ADMIN');
  });

  it('where no namespace can be made skips the trial with the reason', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    const limit = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"';
    const { verdicts, findings } = await examine(world.flags.slice(0, 2), {
      only: 'kernel',
      through: (command) => ['unshare', ['-r', 'sh', '-c', limit, 'sh', ...command]],
    });
    expect(verdicts).toEqual({ kernel: 'skip' });
    expect(findings[0]?.found).toContain('no namespace of its own to try it in (unshare: ');
  });

  it('finds a device that somebody else shapes, and one that is gone', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    const only = 'dataplane';
    expect(await examine(world.flags, { only })).toMatchObject({
      status: 0,
      verdicts: { dataplane: 'warn' },
    });
    const foreign = ['rate', '1mbit', 'burst', '10k', 'latency', '50ms'];
    world.lab?.run('tc', 'qdisc', 'add', 'dev', labDevice, 'root', 'handle', '7:', 'tbf', ...foreign);
    const shaped = await examine(world.flags, { only });
    expect(shaped).toMatchObject({ status: 69, verdicts: { dataplane: 'fail' } });
    expect(shaped.findings[0]?.found).toContain('foreign root: qdisc tbf 7:');
    await world.truth.db.updateTable('gateways').set({ layout: 'per-interface' }).execute();
    const ofSession = await examine(world.flags, { only });
    expect(ofSession.verdicts).toEqual({ dataplane: 'warn' });
    expect(ofSession.findings[0]?.found).toContain(`${labDevice} is shaped by somebody else (tbf 7:)`);
    await world.truth.db.updateTable('gateways').set({ layout: 'shared-device' }).execute();
    world.lab?.run('ip', 'link', 'del', labDevice);
    const gone = await examine(world.flags, { only });
    expect(gone.findings[0]?.found).toContain(`the device ${labDevice} does not exist`);
  });

  it('finds devices that are down, and what was built before the gateway was changed; so does explain', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    const { truth, lab } = world;
    const id = await world.connect(10, 5_000);
    await truth.db.updateTable('vpn_connections').set({ up_kbit: 1_000 }).execute();
    await world.run('apply');
    lab?.run('ip', 'link', 'set', 'holdfast-up', 'down');
    lab?.run('ip', 'link', 'set', labDevice, 'down');
    const down = await examine(world.flags, { only: 'dataplane' });
    expect(down.findings.map(({ verdict, found }) => [verdict, found])).toEqual([
      ['fail', `gateway gw1: ${labDevice} is down, so nothing passes`],
      ['fail', 'gateway gw1: holdfast-up is down, so nothing passes'],
    ]);
    const { because } = await answerOf(world, String(id));
    expect(because).toContain(`the device ${labDevice} of its gateway is down`);

    if (lab !== undefined) addSessionDevices(lab, ['d1']);
    await truth.db.updateTable('gateways').set({ device: 'd1' }).execute();
    const moved = await examine(world.flags, { only: 'dataplane' });
    expect(moved.findings.map(({ found }) => found)).toContain(
      `gateway gw1: ${labDevice} still has what was built before the gateway was changed`,
    );
    await world.run('reconcile', ['--once']);
    const settled = await examine(world.flags, { only: 'dataplane' });
    expect(settled.findings.map(({ verdict }) => verdict)).toEqual(['ok']);
  });
});
