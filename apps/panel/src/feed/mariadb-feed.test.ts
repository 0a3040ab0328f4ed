import { afterAll, beforeAll, describe } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { changeFeedContract } from './change-feed-contract.ts';

describe.skipIf(isMissing('mariadb'))('a feed of a server', () => {
  let server: MariadbServer;
  let url: string;
  beforeAll(async () => {
    server = await startMariadbServer();
    url = await emptyDatabase(server);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  changeFeedContract('MariaDB', async () => url);
});
