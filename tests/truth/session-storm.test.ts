import { openTruth } from '@holdfast/truth-db';
import { describe, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { expectOneHolder } from './session-storm.ts';

const { sessionProcesses: processes, sessionAcquisitions: acquisitions } = counts;
const testTimeout = 30 * 60_000;

describe('the session of one connection that many processes want', () => {
  it('has one holder at a time on SQLite', { timeout: testTimeout }, async () => {
    await using directory = await temporaryDirectory();
    const url = `sqlite:${directory.path}/truth.db`;
    await using truth = openTruth(url, { busyTimeoutMs: 60_000 });
    await expectOneHolder({ url, truth, processes, acquisitions });
  });
});

describe.skipIf(isMissing('mariadb'))('the session of one connection on a server', () => {
  it('has one holder at a time on MariaDB', { timeout: testTimeout }, async () => {
    await using server = await startMariadbServer();
    const url = await emptyDatabase(server);
    await using truth = openTruth(url, { busyTimeoutMs: 60_000 });
    await expectOneHolder({ url, truth, processes, acquisitions });
  });
});
