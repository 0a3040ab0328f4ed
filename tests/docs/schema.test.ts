/** `docs/schema.md` shows the schema that the migrations make, and gives a reason for all that B055 does not have. */
import { beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/needs.ts';
import { generatedPart, regenerate } from './generated-part.ts';
import { liveMariadb, type MariadbTable } from './live-mariadb.ts';
import { type LiveTable, liveSchema, schemaMarkdown } from './live-schema.ts';
import { codesOf, tablesOf } from './markdown.ts';

const writer = 'write-schema.ts';
const document = generatedPart('docs/schema.md', writer);

/** B055 §2: columns, and the columns of its unique keys and indexes. */
const b055: Readonly<Record<string, { readonly columns: string; readonly indexes: readonly string[] }>> = {
  customers: { columns: 'id email password_hash created_at status', indexes: ['email'] },
  vpn_connections: {
    columns:
      'id customer_id token created_at last_seen_at status claimed_at unclaimed_grace_until unclaimed_grace_set_at claim_deadline claim_deadline_set_at restricted_reason restricted_effective',
    indexes: ['token', 'customer_id', 'restricted_effective', 'last_seen_at', 'status', 'restricted_reason'],
  },
  active_session_locks: {
    columns: 'id vpn_connection_id session_key acquired_at expires_at state release_reason',
    indexes: ['vpn_connection_id', 'expires_at'],
  },
};

describe('docs/schema.md', () => {
  describe.skipIf(isMissing('mariadb'))('beside a MariaDB server', () => {
    let mariadb: Readonly<Record<string, MariadbTable>>;
    beforeAll(async () => {
      mariadb = await liveMariadb();
    });

    it('shows the live schema of SQLite and MariaDB', async () => {
      expect(document.part(), regenerate(writer)).toBe(schemaMarkdown(await liveSchema(), mariadb));
    });

    it('the engines have the same tables, columns, nullability, keys, indexes and checks', async () => {
      const sqlite = await liveSchema();
      expect(Object.keys(mariadb).toSorted()).toEqual(
        [...sqlite.map(({ name }) => name), 'schema_steps'].toSorted(),
      );
      for (const table of sqlite) {
        const there = mariadb[table.name];
        expect(there?.isNullable, table.name).toEqual(
          Object.fromEntries(table.columns.map((column) => [column.name, column.isNullable])),
        );
        expect(there?.references, table.name).toEqual(table.references);
        expect(
          Object.entries(there?.indexes ?? {})
            .filter(isDeclared)
            .map(indexText)
            .toSorted(),
        ).toEqual([
          ...primaryText(table),
          ...table.indexes.map((index) => indexText([index.name, index])).toSorted(),
        ]);
        // What is a check on a column there can be its type here; what is named is a check on both.
        const named = Object.keys(table.checks).filter((check) => check.startsWith('ck_'));
        expect(there?.checks.filter((check) => check.startsWith('ck_')).toSorted(), table.name).toEqual(
          named.toSorted(),
        );
      }
    });

    it('every table of MariaDB is InnoDB, and compares texts byte by byte', () => {
      for (const [name, table] of Object.entries(mariadb)) {
        expect(table.engine, name).toBe('InnoDB');
        if (!name.startsWith('schema_')) expect(table.collation, name).toBe('utf8mb4_nopad_bin');
      }
    });
  });

  it('gives a reason for every table, column and index that B055 does not have, and for nothing else', async () => {
    const added = (await liveSchema()).flatMap(additionsOf);
    const rows = tablesOf(document.read())
      .filter(({ columns }) => columns[0] === 'addition')
      .flatMap((table) => table.rows);
    const explained = rows.flatMap(([names = '']) => codesOf(names));
    expect(explained.toSorted()).toEqual(added.toSorted());
    expect(rows.filter(([, reason = '']) => reason === '')).toEqual([]);
  });
});

type Index = readonly [name: string, { readonly isUnique: boolean; readonly columns: readonly string[] }];

/** InnoDB makes an index for a foreign key that has none, under the name of the key. */
function isDeclared([name]: Index): boolean {
  return !name.startsWith('fk_');
}

function indexText([name, { isUnique, columns }]: Index): string {
  return `${name} ${isUnique ? 'unique' : 'index'} ${columns.join()}`;
}

function primaryText({ columns }: LiveTable): readonly string[] {
  const key = columns.filter(({ keyPlace }) => keyPlace > 0).toSorted((a, b) => a.keyPlace - b.keyPlace);
  return [indexText(['PRIMARY', { isUnique: true, columns: key.map(({ name }) => name) }])];
}

/** `table`, or `table.column` and `table.index` for a table of B055. */
function additionsOf({ name, columns, indexes }: LiveTable): readonly string[] {
  const own = b055[name];
  if (own === undefined) return [name];
  const known = own.columns.split(' ');
  return [
    ...columns.map((column) => column.name).filter((column) => !known.includes(column)),
    ...indexes.filter((index) => !own.indexes.includes(index.columns.join())).map((index) => index.name),
  ].map((addition) => `${name}.${addition}`);
}
