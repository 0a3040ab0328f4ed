/** A salt in tables: the contract on SQLite and MariaDB, and what is only true inside a transaction. */
import { migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { describeSaltStore, type SaltPlace } from './ip-salt-contract.ts';
import { newSaltSecret } from './salt-secret.ts';
import { rotated } from './salt-state.ts';
import { sqlSaltStore, TruthSaltStore } from './sql-salt-store.ts';

async function emptySqlite(): Promise<Truth> {
  const truth = openTruth('sqlite::memory:');
  await migrate(truth);
  return truth;
}

let made = 0;

/** A name of its own in `truth`: as good as a database of its own, and no migration. */
function placeIn(truth: Truth, close: () => Promise<void>): SaltPlace {
  made += 1;
  const name = `salt-${made}`;
  return {
    open: () => new TruthSaltStore(truth, { name }),
    damage: async () => {
      await truth.db
        .updateTable('ip_salts')
        .set({ document: '{"current":' })
        .where('name', '=', name)
        .execute();
    },
    [Symbol.asyncDispose]: close,
  };
}

async function sqlitePlace(): Promise<SaltPlace> {
  const truth = await emptySqlite();
  return placeIn(truth, () => truth.close());
}

describeSaltStore('a table of SQLite', sqlitePlace);

describe.skipIf(isMissing('mariadb'))('on a server', () => {
  let server: MariadbServer;
  let truth: Truth;
  beforeAll(async () => {
    server = await startMariadbServer();
    truth = openTruth(await emptyDatabase(server), { busyTimeoutMs: 30_000 });
    await migrate(truth);
  });
  afterAll(async () => {
    await truth.close();
    await server[Symbol.asyncDispose]();
  });

  describeSaltStore('a table of MariaDB', async () => placeIn(truth, async () => undefined));
});

describe('a salt in the transaction of the caller', () => {
  it('is rolled back with it', async () => {
    const truth = await emptySqlite();
    const schedule = { rotateEveryMs: 1_000, overlapMs: 100 };
    const failure = new Error('no');
    const failing = truth.transaction(async (trx) => {
      const store = sqlSaltStore(trx);
      await store.change((state, nowMs) => rotated(state, newSaltSecret(), schedule, nowMs));
      expect(await store.read()).toBeDefined();
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(await new TruthSaltStore(truth).read()).toBeUndefined();
    await truth.close();
  });
});
