/** What migrations have to do on every database. Each dialect's test hands in how it opens an empty one. */
import { type Migration, type MigrationStep, migrations } from '@holdfast/migrations';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertSchema, encodeTime, migrate, rollback, schemaStatus, type Truth } from './index.ts';
import { codeOf } from './testing/code-of.ts';

const now = Date.UTC(2026, 0, 10);
const names = migrations.map(({ name }) => name);
const newest = names.at(-1) ?? '';

export function migrationContract(name: string, open: () => Promise<Truth>): void {
  describe(`migrations of ${name}`, () => {
    let truth: Truth;

    beforeEach(async () => {
      truth = await open();
    });

    afterEach(() => truth.close());

    describe('forwards', () => forwardsHold(() => truth));
    describe('interrupted', () => interruptedHold(() => truth));
    describe('backwards', () => backwardsHold(() => truth));
  });
}

function forwardsHold(truth: () => Truth): void {
  beforeEach(() => migrate(truth()));

  it('a second migration applies nothing and names the same version', async () => {
    expect(await migrate(truth())).toEqual({ applied: [], version: newest });
    expect(await schemaStatus(truth())).toEqual({ applied: names, pending: [], unknown: [] });
  });

  it('a schema with an unknown migration is refused and left as it is', async () => {
    const row = { name: '9999-future', applied_at: encodeTime(now) };
    await truth().db.insertInto('schema_migrations').values(row).execute();
    expect(await codeOf(migrate(truth()))).toBe('SCHEMA_NEWER');
    expect(await codeOf(assertSchema(truth()))).toBe('SCHEMA_NEWER');
    expect(await codeOf(rollback(truth()))).toBe('SCHEMA_NEWER');
    expect(await schemaStatus(truth())).toEqual({
      applied: [...names, '9999-future'],
      pending: [],
      unknown: ['9999-future'],
    });
  });

  it('a schema that lacks a migration is refused until it has it', async () => {
    const longer = [...migrations, tablesNamed('0009-next', 'extra')];
    expect(await codeOf(assertSchema(truth(), { migrations: longer }))).toBe('SCHEMA_MISSING');
    expect(await migrate(truth(), { migrations: longer })).toEqual({
      applied: ['0009-next'],
      version: '0009-next',
    });
    expect(await codeOf(assertSchema(truth(), { migrations: longer }))).toBe('none');
  });

  it('a time in the history reads back as it was written', async () => {
    const [row] = await truth().db.selectFrom('schema_migrations').select('applied_at').execute();
    expect(row?.applied_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
}

function interruptedHold(truth: () => Truth): void {
  const tables = ['first', 'second', 'third'];

  it('a migration that fails at any of its steps is pending, and is completed by the next', async () => {
    for (const place of tables.keys()) {
      const name = `000${place}-broken`;
      const whole = tablesNamed(name, ...tables.map((table) => `${table}_${place}`));
      const broken = withStep(whole, place, { ...nothing, up: () => Promise.reject(new Error('stop')) });
      await expect(migrate(truth(), { migrations: [broken] })).rejects.toThrow('stop');
      expect((await schemaStatus(truth(), { migrations: [whole] })).pending).toEqual([name]);
      expect((await migrate(truth(), { migrations: [whole] })).applied).toEqual([name]);
      expect((await schemaStatus(truth(), { migrations: [whole] })).unfinished).toBeUndefined();
      for (const table of whole.tables) expect(await isThere(truth(), table), table).toBe(true);
      await rollback(truth(), { migrations: [whole] });
    }
  });

  it('a migration that meets a table of somebody else fails, and never takes it for its own', async () => {
    await truth().db.schema.createTable('second').addColumn('theirs', 'integer').execute();
    const whole = tablesNamed('0001-own', ...tables);
    for (let round = 0; round < 2; round += 1) {
      expect(await codeOf(migrate(truth(), { migrations: [whole] }))).toBe('INTERNAL');
    }
    expect((await schemaStatus(truth(), { migrations: [whole] })).pending).toEqual(['0001-own']);
    await truth().db.schema.dropTable('second').execute();
    expect((await migrate(truth(), { migrations: [whole] })).applied).toEqual(['0001-own']);
  });

  it('an interrupted migration can be taken back instead', async () => {
    const whole = tablesNamed('0001-broken', ...tables);
    const broken = withStep(whole, 2, { ...nothing, up: () => Promise.reject(new Error('stop')) });
    await expect(migrate(truth(), { migrations: [broken] })).rejects.toThrow('stop');
    await rollback(truth(), { migrations: [whole] });
    for (const table of tables) expect(await isThere(truth(), table), table).toBe(false);
    expect((await schemaStatus(truth(), { migrations: [whole] })).unfinished).toBeUndefined();
  });
}

function backwardsHold(truth: () => Truth): void {
  beforeEach(() => migrate(truth()));

  it('migrations are taken back one by one, the newest first, until no table of theirs is left', async () => {
    for (const name of names.toReversed()) expect(await rollback(truth())).toBe(name);
    expect(await rollback(truth())).toBeUndefined();
    const tables = (await truth().db.introspection.getTables()).map((table) => table.name);
    expect(tables.filter((table) => table !== 'schema_migrations' && table !== 'schema_steps')).toEqual([]);
    expect(await schemaStatus(truth())).toEqual({ applied: [], pending: names, unknown: [] });
    expect((await migrate(truth())).applied).toEqual(names);
  });

  it('a migration whose tables have rows is taken back only when their loss is accepted', async () => {
    await truth()
      .db.insertInto('customers')
      .values({
        email: 'a@example.com',
        password_hash: '!',
        created_at: encodeTime(now),
        status: 'active',
      })
      .execute();
    for (const name of names.slice(1).toReversed()) expect(await rollback(truth())).toBe(name);
    expect(await codeOf(rollback(truth()))).toBe('REMOVAL_REFUSED');
    expect((await schemaStatus(truth())).applied).toEqual([names[0]]);
    expect(await rollback(truth(), { acceptsLoss: true })).toBe(names[0]);
    expect(await isThere(truth(), 'customers')).toBe(false);
  });

  it('a removal that was interrupted is completed by the next, or undone by a migration', async () => {
    const whole = tablesNamed('0009-tables', 'first', 'second', 'third');
    const all = { migrations: [...migrations, whole] };
    const broken = withStep(whole, 1, {
      up: async () => undefined,
      down: () => Promise.reject(new Error('stop')),
    });
    const half = { migrations: [...migrations, broken] };
    for (const next of [rollback, migrate]) {
      await migrate(truth(), all);
      await expect(rollback(truth(), half)).rejects.toThrow('stop');
      await next(truth(), all);
      for (const table of whole.tables) expect(await isThere(truth(), table)).toBe(next === migrate);
    }
  });
}

const nothing: MigrationStep = { up: async () => undefined, down: async () => undefined };

/** A migration that creates small tables, as the real ones do. */
export function tablesNamed(name: string, ...tables: readonly string[]): Migration {
  return { name, tables, steps: tables.map(stepOf) };
}

function stepOf(table: string): MigrationStep {
  return {
    up: async (db, types, mayBeDone) => {
      const builder = db.schema.createTable(table).addColumn('id', 'integer');
      await types.finish(mayBeDone ? builder.ifNotExists() : builder).execute();
    },
    down: (db) => db.schema.dropTable(table).ifExists().execute(),
  };
}

function withStep(migration: Migration, place: number, step: MigrationStep): Migration {
  return { ...migration, steps: migration.steps.toSpliced(place, 1, step) };
}

async function isThere(truth: Truth, table: string): Promise<boolean> {
  return truth.dialect.hasTable(truth.db, table);
}
