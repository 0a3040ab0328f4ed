import { openTruth } from '@holdfast/truth-db';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { counts } from '../support/counts.ts';
import { type MariadbServer, startMariadbServer } from '../support/mariadb-server.ts';
import { emptyDatabase } from '../support/mariadb-truth.ts';
import { isMissing } from '../support/needs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  type ConnectionStorm,
  expectAgreement,
  expectClaimedOrDisabled,
  expectOneWinner,
} from './connection-storm.ts';

const { connectionProcesses: processes } = counts;
const testTimeout = 10 * 60_000;

type Play = (expectation: (storm: ConnectionStorm) => Promise<void>) => Promise<void>;

describe('connections that many processes change on SQLite', () => {
  storms(async (expectation) => {
    await using directory = await temporaryDirectory();
    await play(`sqlite:${directory.path}/truth.db`, expectation);
  });
});

describe.skipIf(isMissing('mariadb'))('connections that many processes change on MariaDB', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  storms(async (expectation) => play(await emptyDatabase(server), expectation));
});

function storms(on: Play): void {
  it('are each claimed by one of those that claim at once', () => on(expectOneWinner), testTimeout);
  it('are claimed or disabled when time and claims meet', () => on(expectClaimedOrDisabled), testTimeout);
  it('are what was acknowledged, with every change of access told', () => on(expectAgreement), testTimeout);
}

async function play(url: string, expectation: Parameters<Play>[0]): Promise<void> {
  await using truth = openTruth(url, { busyTimeoutMs: 60_000 });
  await expectation({ url, truth, processes });
}
