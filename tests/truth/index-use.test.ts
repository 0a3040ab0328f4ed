import {
  acquireSessions,
  findRadiusLogin,
  findRadiusLogins,
  migrate,
  openTruth,
  type Truth,
} from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { expectIndexes, free, hotPaths, loginOf, many } from './index-use.ts';
import { fillConnections, namesOf } from './many-connections.ts';
import { type RecordedTruth, recordStatements } from './recorded-statements.ts';

describe('SQLite with many connections', () => {
  explained(async (cleanup) => {
    const directory = cleanup.use(await temporaryDirectory());
    return openTruth(`sqlite:${directory.path}/truth.db`);
  });
});

describe.skipIf(isMissing('mariadb'))('MariaDB with many connections', () => {
  explained(async (cleanup) => {
    const server = cleanup.use(await startMariadbServer({ args: ['--innodb-buffer-pool-size=256M'] }));
    return openTruth(await emptyDatabase(server));
  });
});

function explained(open: (cleanup: AsyncDisposableStack) => Promise<Truth>): void {
  const cleanup = new AsyncDisposableStack();
  let recorded: RecordedTruth;

  beforeAll(async () => {
    const truth = await open(cleanup);
    cleanup.use(truth);
    await migrate(truth);
    await fillConnections(truth, counts.explainedConnections);
    recorded = recordStatements(truth);
  }, 10 * 60_000);

  afterAll(() => cleanup.disposeAsync());

  it('asks one question for a login by name', async () => {
    const { truth, during } = recorded;
    expect(await during(() => findRadiusLogin(truth.db, 'user-4'))).toHaveLength(1);
    expect(await during(() => findRadiusLogin(truth.db, 'nobody'))).toHaveLength(1);
  });

  it('asks as often for the logins of many, as for those of two', async () => {
    const { truth, during } = recorded;
    const logInMany = (first: number, count: number) =>
      during(async () => {
        const ids = many(first).slice(0, count);
        await findRadiusLogins(
          truth.db,
          ids.map((id) => namesOf(id).userName),
        );
        await truth.transaction((trx) => acquireSessions(trx, ids.map(loginOf)));
      });
    const hasRowLocks = truth.dialect.engine === 'mysql';
    // The look-up, begin, connections and customers, the sessions, who has them, commit.
    expect(await logInMany(free, 1)).toHaveLength(6);
    expect(await logInMany(free + 800, 2)).toHaveLength(hasRowLocks ? 7 : 6);
    expect(await logInMany(free + 1_600, 33)).toHaveLength(hasRowLocks ? 7 : 6);
  });

  it('has a handful of texts for batches of any length', async () => {
    const { truth, during } = recorded;
    const texts = new Set<string>();
    for (let count = 1; count <= 40; count += 1) {
      const ids = many(free + 2_400).slice(0, count);
      const statements = await during(async () => {
        await findRadiusLogins(
          truth.db,
          ids.map((id) => namesOf(id).userName),
        );
        await truth.transaction((trx) => acquireSessions(trx, ids.map(loginOf)));
      });
      for (const { sql } of statements) texts.add(sql);
    }
    expect(texts.size).toBeLessThan(6 * 12);
  });

  it.each(hotPaths)('finds the rows of $name by index', (path) => expectIndexes(recorded, path));
}
