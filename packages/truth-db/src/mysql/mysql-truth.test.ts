/** MariaDB against the contracts of truth, on a private server. */
import { afterAll, beforeAll, describe } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { openTruth } from '../index.ts';
import { migrationContract } from '../migration-contract.ts';
import { truthContract } from '../truth-contract.ts';

describe.skipIf(isMissing('mariadb'))('on a private server', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  const open = async () => openTruth(await emptyDatabase(server));
  migrationContract('MariaDB', open);
  truthContract('MariaDB', open);
});
