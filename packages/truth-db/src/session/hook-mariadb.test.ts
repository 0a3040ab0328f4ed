/** MariaDB against the contract of hooks, on a private server. */
import { afterAll, beforeAll, describe } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { openTruth } from '../index.ts';
import { hookContract } from './hook-contract.ts';

describe.skipIf(isMissing('mariadb'))('on a private server', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  hookContract('MariaDB', async () => {
    const url = await emptyDatabase(server);
    return {
      open: () => openTruth(url, { busyTimeoutMs: 30_000 }),
      [Symbol.asyncDispose]: async () => undefined,
    };
  });
});
