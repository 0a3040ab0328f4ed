/** The narrow door: what it records and reads is what the wide one does, on the same database, and it refuses what that refuses. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrations } from '@holdfast/migrations';
import { migrationNames } from '@holdfast/migrations/names';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallerTruth } from './caller-truth.ts';
import {
  assertSchema,
  migrate,
  openTruth,
  publishRun,
  readCovered,
  readGatewayNames,
  recordTrigger,
  type Truth,
} from './index.ts';
import { failureOf } from './testing/failure-of.ts';
import { now } from './testing/session-world.ts';
import { withGateway } from './testing/truth-rows.ts';

describe('the names of migrations', () => {
  it('are those of the migrations, in their order', () => {
    expect(migrationNames).toEqual(migrations.map(({ name }) => name));
  });
});

describe('CallerTruth', () => {
  let directory: string;
  let path: string;
  let url: string;
  let truth: Truth;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-caller-'));
    path = join(directory, 'truth.sqlite');
    url = `sqlite:${path}`;
    truth = openTruth(url);
    await migrate(truth);
    await withGateway(truth, 'gw');
  });

  afterEach(async () => {
    await truth.close();
    rmSync(directory, { recursive: true });
  });

  const recordWide = (gateway: string, vpnConnectionId?: number) =>
    truth.transaction((trx) => recordTrigger(trx, { gateway, reason: 'ip-up', vpnConnectionId, at: now }));
  const rows = () => truth.db.selectFrom('policy_triggers').selectAll().orderBy('id').execute();

  it('records the row that a transaction of truth records, with the next id', async () => {
    await using caller = await CallerTruth.open(url);
    const ids: number[] = [];
    for (const vpnConnectionId of [7, undefined]) {
      ids.push(await recordWide('gw', vpnConnectionId));
      ids.push(await caller.recordTrigger({ gateway: 'gw', reason: 'ip-up', vpnConnectionId, at: now }));
    }
    expect(ids).toEqual([1, 2, 3, 4]);
    const [wide, narrow, wideOfAll, narrowOfAll] = await rows();
    expect(narrow).toEqual({ ...wide, id: 2 });
    expect(narrowOfAll).toEqual({ ...wideOfAll, id: 4 });
  });

  it('begins to count above what was used, for a gateway that SQL alone has added', async () => {
    await using caller = await CallerTruth.open(url);
    for (const record of [
      (gateway: string) => recordWide(gateway),
      (gateway: string) => caller.recordTrigger({ gateway, reason: 'ip-up', at: now }),
    ]) {
      await sql`delete from trigger_counters`.execute(truth.db);
      await sql`update gateway_state set covered = 41`.execute(truth.db);
      expect(await record('gw')).toBe(42);
      await sql`delete from policy_triggers`.execute(truth.db);
    }
  });

  it('tells the names and what is covered as truth does', async () => {
    await withGateway(truth, 'a');
    await sql`delete from gateway_state where gateway = 'a'`.execute(truth.db);
    await publishRun(truth, {
      gateway: 'gw',
      covered: 9,
      outcome: 'applied',
      digest: 'd',
      at: now,
      tookMs: 1,
    });
    await using caller = await CallerTruth.open(url);
    expect(await caller.gatewayNames()).toEqual(await readGatewayNames(truth));
    for (const gateway of ['a', 'gw'])
      expect(await caller.readCovered(gateway)).toBe(await readCovered(truth, gateway));
  });

  it('refuses a gateway that truth does not have, and records nothing', async () => {
    await using caller = await CallerTruth.open(url);
    const trigger = { gateway: 'nowhere', reason: 'ip-up', at: now };
    expect(await failureOf(caller.recordTrigger(trigger))).toEqual(await failureOf(recordWide('nowhere')));
    expect(await failureOf(caller.readCovered('nowhere'))).toEqual({ code: 'CONFIG_INVALID' });
    expect(await rows()).toEqual([]);
  });

  it('waits for a writer that is slow, and gives up on one that does not end', async () => {
    using writer = new DatabaseSync(path);
    await using patient = await CallerTruth.open(url);
    await using hasty = await CallerTruth.open(url, { busyTimeoutMs: 0 });
    const trigger = { gateway: 'gw', reason: 'ip-up', at: now };
    writer.exec('begin immediate');
    expect(await failureOf(hasty.recordTrigger(trigger))).toEqual({ code: 'DATABASE_BUSY' });
    const recorded = patient.recordTrigger(trigger);
    writer.exec('rollback');
    expect(await recorded).toBe(1);
  });

  it.each([
    [
      'a newer schema',
      () => sql`insert into schema_migrations values ('9999-newer', ${new Date(now).toISOString()})`,
    ],
    [
      'a schema that lacks a migration',
      () => sql`delete from schema_migrations where name = '0002-commit-marks'`,
    ],
    ['no schema', () => sql`drop table schema_migrations`],
  ])('refuses %s as truth does', async (_what, statement) => {
    await statement().execute(truth.db);
    const wide = await failureOf(assertSchema(truth));
    expect(wide.code).toMatch(/^SCHEMA_/);
    expect(await failureOf(CallerTruth.open(url))).toEqual(wide);
  });

  it.each([
    ['no database', 'absent.sqlite', () => undefined],
    ['a missing directory', 'absent/truth.sqlite', () => undefined],
    ['a link', 'link.sqlite', (at: string) => symlinkSync(path, at)],
    ['something else', 'notes.sqlite', (at: string) => writeFileSync(at, 'no database at all, '.repeat(100))],
    ['a damaged one', 'damaged.sqlite', writeDamaged],
  ])('refuses %s as truth does', async (_what, name, prepare) => {
    const at = join(directory, name);
    prepare(at);
    const wide = await failureOf(openWide(`sqlite:${at}`));
    expect(wide.code).not.toBe('none');
    expect(await failureOf(CallerTruth.open(`sqlite:${at}`))).toEqual(wide);
  });

  it('leaves nothing open when it refuses', async () => {
    await sql`drop table schema_migrations`.execute(truth.db);
    await failureOf(CallerTruth.open(url));
    await truth.close();
    using alone = new DatabaseSync(path);
    expect(alone.prepare('pragma locking_mode = exclusive').get()).toEqual({ locking_mode: 'exclusive' });
    alone.exec('begin exclusive; commit');
  });
});

/** The beginning of a database, with garbage behind it. */
function writeDamaged(at: string): void {
  const bytes = Buffer.alloc(8_192, 0x5a);
  bytes.write('SQLite format 3\0');
  writeFileSync(at, bytes);
}

async function openWide(url: string): Promise<void> {
  await using truth = openTruth(url, { create: false });
  await assertSchema(truth);
}
