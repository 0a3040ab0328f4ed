/** `holdfast doctor` on a gateway that works, where it leaves no trace, and where nobody takes care. */
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { recordTrigger } from '@holdfast/truth-db';
import { describe, expect, it } from 'vitest';
import { startDaemon } from '../support/daemon-process.ts';
import { isMissing } from '../support/needs.ts';
import { gateway, policyWorld } from '../support/policy-world.ts';
import { bins, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { examine, leaveIntent, listing, orphanName, putOldEvent, scratchIn } from './doctor-world.ts';

describe.skipIf(isMissing('root', 'nft', 'unshare'))('doctor on a gateway that works', () => {
  it('finds nothing wrong, and leaves no trace, on both runtimes', async () => {
    await using world = await policyWorld({ dataplane: 'kernel' });
    await world.connect(10, 5_000);
    await world.run('apply');
    await using scratch = await temporaryDirectory();
    await using daemon = startDaemon(world);
    await daemon.readiness(({ status }) => status === 200);
    const flags = [...world.flags, '--daemon', `unix:${join(world.stateDir, 'daemon.sock')}`];
    const through = scratchIn(scratch.path);
    for (const runtime of ['node', 'bun'] as const) {
      const { status, verdicts, findings, stdout } = await examine(flags, { runtime, through });
      // Where temporary files lie in memory, that is worth a warning.
      const wrong = findings.filter(({ verdict }) => verdict === 'fail');
      expect({ runtime, status, wrong }).toEqual({ runtime, status: 0, wrong: [] });
      expect(stdout).toContain('built and read back');
      expect(verdicts).toMatchObject({
        kernel: 'ok',
        locks: 'ok',
        database: 'ok',
        dataplane: 'ok',
        daemon: 'ok',
      });
      expect(await readdir(scratch.path)).toEqual([]);
    }
    await daemon.stop();
    const before = [
      listing(world.stateDir),
      await world.truth.db.selectFrom('schema_migrations').selectAll().execute(),
    ];
    await examine(world.flags, { only: 'database,leftovers,spool,runs,dataplane' });
    expect([
      listing(world.stateDir),
      await world.truth.db.selectFrom('schema_migrations').selectAll().execute(),
    ]).toEqual(before);
  });

  it('lists what it does for people, each problem with what to do', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const command = [bins.holdfast, 'doctor', ...world.flags, '--only', 'runs,schema'];
    const { status, stdout, stderr } = await runProcess(runtimes.node, command);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^ok +schema +the schema is at /m);
    expect(stdout).toMatch(
      /^warn +runs +gateway gw1: no run has ever succeeded\n +-> Start vpn-policy-reconcile/m,
    );
  });

  it('refuses a check that there is not with 64', async () => {
    const { status, stdout } = await runProcess(runtimes.node, [
      bins.holdfast,
      'doctor',
      '--only',
      'schema,luck',
    ]);
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  });
});

describe('doctor finds what nobody takes care of', () => {
  it('triggers, events, intents, documents, temporary files, NASes and times', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const { truth, stateDir } = world;
    await world.connect(10, 5_000);
    await world.run('apply');
    const old = Date.now() - 600_000;
    await truth.transaction((trx) => recordTrigger(trx, { gateway, reason: 'panel', at: old }));
    await truth.db.insertInto('gateway_nas_addresses').values({ nas_ip: '192.0.2.9', gateway }).execute();
    const silence = { gateway, nas_ip: '192.0.2.9', runs: 3, retry_at: new Date(old).toISOString() as never };
    await truth.db.insertInto('nas_silences').values(silence).execute();
    await putOldEvent(stateDir, old);
    await writeFile(join(stateDir, 'runs', `${gateway}.intent.json`), 'cut o');
    await writeFile(join(stateDir, orphanName()), 'half');
    const future = new Date(Date.now() + 3_600_000).toISOString() as never;
    await truth.db.updateTable('gateway_state').set({ last_run_at: future }).execute();

    const { status, code, verdicts, findings } = await examine(world.flags, {
      only: 'triggers,spool,leftovers,nas,clock,runs',
    });
    expect({ status, code, verdicts }).toEqual({
      status: 69,
      code: 'SETUP_UNUSABLE',
      verdicts: {
        triggers: 'fail',
        runs: 'ok',
        spool: 'fail',
        leftovers: 'warn',
        nas: 'warn',
        clock: 'fail',
      },
    });
    const told = findings.map(({ found }) => found).join('\n');
    for (const words of [
      'gateway gw1: 1 triggers wait, the oldest for 10 min',
      '1 events wait, the oldest for 10 min',
      '1 files were refused',
      'the intent of a run is damaged',
      orphanName(),
      'has 1 NAS addresses and no secret',
      '192.0.2.9 has not answered in 3 runs',
      'in the future',
    ]) {
      expect(told).toContain(words);
    }
    expect(await readdir(stateDir)).toContain(orphanName()); // named, and left to the next run

    await world.run('apply');
    await rm(join(stateDir, 'spool'), { recursive: true });
    const after = await examine(world.flags, { only: 'triggers,spool,leftovers,clock,runs' });
    expect(after).toMatchObject({
      status: 0,
      verdicts: { triggers: 'ok', leftovers: 'ok', spool: 'ok', clock: 'ok' },
    });
  });

  it('a run that died while it wrote, and a run history that is damaged', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    await world.connect(10, 5_000);
    await world.run('apply');
    await leaveIntent(world);
    await writeFile(join(world.stateDir, 'runs', `${gateway}.json`), 'no history');
    const { verdicts, findings } = await examine(world.flags, { only: 'leftovers' });
    expect(verdicts).toEqual({ leftovers: 'warn' });
    expect(findings.map(({ found }) => found)).toEqual([
      'gateway gw1: a run died while it wrote',
      'gateway gw1: the run history is damaged',
    ]);
  });

  it('rows of truth that cannot be used, all of them, and a gateway that is not there', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const ids = [await world.connect(10, 1_000), await world.connect(11, 1_000)];
    const locks = world.truth.db.updateTable('active_session_locks');
    await locks
      .set({ framed_ip: '10.77.0.999' })
      .where('vpn_connection_id', '=', ids[0] ?? 0)
      .execute();
    await locks
      .set({ shaping_slot: null })
      .where('vpn_connection_id', '=', ids[1] ?? 0)
      .execute();
    const { status, code, findings } = await examine(world.flags, { only: 'truth,gateways' });
    expect({ status, code }).toEqual({ status: 78, code: 'SETUP_INVALID' });
    const told = findings.filter(({ verdict }) => verdict === 'fail').map(({ found }) => found);
    expect(told).toEqual([
      `gateway gw1: connection ${ids[0]}: framed_ip "10.77.0.999" not an IPv4 address`,
      expect.stringContaining(`gateway gw1: connection ${ids[1]}: shaping_slot null`),
    ]);

    await world.truth.db.updateTable('gateways').set({ device: 'a b' }).execute();
    const rows = await examine(world.flags, { only: 'gateways' });
    expect(rows).toMatchObject({ status: 78, verdicts: { gateways: 'fail' } });
    const absent = await examine([...world.flags, '--gateway', 'gw9'], { only: 'gateways' });
    expect(absent).toMatchObject({ status: 78, findings: [{ found: 'truth has no gateway gw9' }] });
  });
});

describe('doctor of the daemon', () => {
  it('that is asked for and answers nothing fails; the default one may be missing', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const only = 'daemon';
    const address = `unix:${join(world.stateDir, 'nobody.sock')}`;
    const absent = await examine([...world.flags, '--daemon', address], { only });
    expect(absent).toMatchObject({ status: 69, verdicts: { daemon: 'fail' } });
    const none = await examine([...world.flags, '--daemon', 'none'], { only });
    expect(none).toMatchObject({ status: 0, verdicts: { daemon: 'skip' } });
  });

  it('that is not ready fails with its reasons', async () => {
    await using world = await policyWorld({ dataplane: 'recorded' });
    const id = await world.connect(10, 5_000);
    await world.truth.db.updateTable('active_session_locks').set({ shaping_slot: null }).execute();
    await using daemon = startDaemon(world);
    await daemon.readiness(({ text }) => text.includes('TRUTH_INVALID'));
    const flags = [...world.flags, '--daemon', `unix:${join(world.stateDir, 'daemon.sock')}`];
    const { verdicts, findings } = await examine(flags, { only: 'daemon' });
    expect(verdicts).toEqual({ daemon: 'fail' });
    expect(findings[0]?.found).toContain(`connection ${id}`);
    const other = await examine([...flags, '--gateway', 'gw9'], { only: 'daemon' });
    expect(other.findings[0]?.found).toContain('is that of gateway gw1, not of gw9');
  });

  it('is told from another program that answers there', async () => {
    const server = createServer((_request, answer) => answer.end('<html>'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const { verdicts } = await examine(['--daemon', `127.0.0.1:${port}`], { only: 'daemon' });
    await once(server.close(), 'close');
    expect(verdicts).toEqual({ daemon: 'warn' });
  });
});
