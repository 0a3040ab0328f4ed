/** `docs/schema.md` shows the schema that the migrations make, and gives a reason for all that B055 does not have. */
import { describe, expect, it } from 'vitest';
import { generatedPart, regenerate } from './generated-part.ts';
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
  it('shows the live schema of SQLite', async () => {
    expect(document.part(), regenerate(writer)).toBe(schemaMarkdown(await liveSchema()));
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
