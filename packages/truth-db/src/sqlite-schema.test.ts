/** B055 read back from the live schema: every table, column, nullability, unique key, index and foreign key. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, openTruth, type Truth } from './index.ts';

interface Expected {
  /** Column → may it be NULL. */
  readonly columns: Readonly<Record<string, boolean>>;
  readonly unique: readonly (readonly string[])[];
  readonly indexes: readonly (readonly string[])[];
  /** Column → table.column. */
  readonly references: Readonly<Record<string, string>>;
}

const b055: Readonly<Record<string, Expected>> = {
  customers: {
    columns: { id: false, email: false, password_hash: false, created_at: false, status: false },
    unique: [['email']],
    indexes: [],
    references: {},
  },
  vpn_connections: {
    columns: {
      id: false,
      customer_id: true,
      token: false,
      created_at: false,
      last_seen_at: true,
      status: false,
      claimed_at: true,
      unclaimed_grace_until: false,
      unclaimed_grace_set_at: true,
      claim_deadline: false,
      claim_deadline_set_at: true,
      restricted_reason: true,
      restricted_effective: false,
    },
    unique: [['token']],
    indexes: [['customer_id'], ['restricted_effective'], ['last_seen_at'], ['status'], ['restricted_reason']],
    references: { customer_id: 'customers.id' },
  },
  active_session_locks: {
    columns: {
      id: false,
      vpn_connection_id: false,
      session_key: false,
      acquired_at: false,
      expires_at: false,
      state: false,
      release_reason: true,
    },
    unique: [['vpn_connection_id']],
    indexes: [['expires_at']],
    references: { vpn_connection_id: 'vpn_connections.id' },
  },
};

const added: Readonly<Record<string, readonly string[]>> = {
  customers: ['version'],
  vpn_connections: [
    'version',
    'label',
    'radius_username',
    'radius_secret_hash',
    'static_ip',
    'nt_hash',
    'down_kbit',
    'up_kbit',
  ],
  active_session_locks: [
    'gateway',
    'nas_ip',
    'ifname',
    'framed_ip',
    'framed_ipv6',
    'acct_session_id',
    'holder_token',
    'request_vector',
    'confirmed_at',
    'nas_applied',
    'shaping_slot',
  ],
};

describe('the SQLite schema', () => {
  let truth: Truth;

  beforeAll(async () => {
    truth = openTruth('sqlite::memory:');
    await migrate(truth);
  });

  afterAll(() => truth.close());

  describe.each(Object.entries(b055))('of %s', (table, expected) => {
    it('has the columns of B055 with their nullability, and the foreseen ones', async () => {
      const columns = await columnsOf(truth, table);
      expect(columns).toMatchObject(expected.columns);
      expect(Object.keys(columns)).toEqual([...Object.keys(expected.columns), ...(added[table] ?? [])]);
    });

    it('has the unique keys and indexes of B055, each with a name of its own', async () => {
      const indexes = await indexesOf(truth, table);
      for (const columns of expected.unique) {
        expect(indexes).toContainEqual({ name: `uq_${table}_${columns.join('_')}`, isUnique: true, columns });
      }
      for (const columns of expected.indexes) {
        expect(indexes).toContainEqual({
          name: `ix_${table}_${columns.join('_')}`,
          isUnique: false,
          columns,
        });
      }
      expect(indexes.filter((index) => !/^(uq|ix)_/.test(index.name))).toEqual([]);
    });

    it('has the foreign keys of B055', async () => {
      expect(await referencesOf(truth, table)).toMatchObject(expected.references);
    });
  });

  it('has a primary key in every table, and stores no value of another type', async () => {
    const tables = await sql<{ name: string; strict: number }>`
      select name, strict from pragma_table_list where schema = 'main' and name not like 'sqlite\\_%' escape '\\'`.execute(
      truth.db,
    );
    expect(tables.rows.filter((row) => row.strict !== 1).map((row) => row.name)).toEqual([
      'schema_migrations',
    ]);
    for (const { name } of tables.rows) {
      const keys = await sql`select 1 from pragma_table_info(${name}) where pk > 0`.execute(truth.db);
      expect(keys.rows.length, name).toBeGreaterThan(0);
    }
  });

  it('has the slot of a session unique per gateway', async () => {
    expect(await indexesOf(truth, 'active_session_locks')).toContainEqual({
      name: 'uq_active_session_locks_shaping_slot',
      isUnique: true,
      columns: ['gateway', 'shaping_slot'],
    });
  });

  it('reads the sessions of a gateway in order without sorting them', async () => {
    const plan = await sql<{ detail: string }>`
      explain query plan select l.vpn_connection_id from active_session_locks l
      join vpn_connections c on c.id = l.vpn_connection_id
      where l.gateway = 'gw' and l.state = 'held' and l.expires_at > '2026' order by l.vpn_connection_id`.execute(
      truth.db,
    );
    const details = plan.rows.map((row) => row.detail).join('\n');
    expect(details).toContain('ix_active_session_locks_gateway');
    expect(details).not.toContain('TEMP B-TREE');
  });
});

async function columnsOf(truth: Truth, table: string): Promise<Record<string, boolean>> {
  const { rows } = await sql<{ name: string; notnull: number }>`
    select name, "notnull" from pragma_table_info(${table}) order by cid`.execute(truth.db);
  return Object.fromEntries(rows.map((row) => [row.name, row.notnull === 0]));
}

async function indexesOf(
  truth: Truth,
  table: string,
): Promise<{ name: string; isUnique: boolean; columns: string[] }[]> {
  const { rows } = await sql<{ name: string; unique: number; columns: string }>`
    select l.name, l."unique", (select group_concat(i.name order by i.seqno) from pragma_index_info(l.name) i) as columns
    from pragma_index_list(${table}) l order by l.name`.execute(truth.db);
  return rows.map((row) => ({ name: row.name, isUnique: row.unique === 1, columns: row.columns.split(',') }));
}

async function referencesOf(truth: Truth, table: string): Promise<Record<string, string>> {
  const { rows } = await sql<{ from: string; table: string; to: string }>`
    select "from", "table", "to" from pragma_foreign_key_list(${table})`.execute(truth.db);
  return Object.fromEntries(rows.map((row) => [row.from, `${row.table}.${row.to}`]));
}
