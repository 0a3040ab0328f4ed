import { findRadiusLogin, migrate, openTruth, type Truth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { expectIndexes, hotPaths } from './index-use.ts';
import { fillConnections } from './many-connections.ts';
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

  it.each(hotPaths)('finds the rows of $name by index', (path) => expectIndexes(recorded, path));
}
