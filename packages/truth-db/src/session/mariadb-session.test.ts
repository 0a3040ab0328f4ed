/** MariaDB against the contracts of sessions and triggers, on a private server. */
import { afterAll, beforeAll, describe } from 'vitest';
import { type MariadbServer, startMariadbServer } from '../../../../tests/support/mariadb-server.ts';
import { emptyDatabase } from '../../../../tests/support/mariadb-truth.ts';
import { isMissing } from '../../../../tests/support/needs.ts';
import { openTruth } from '../index.ts';
import { triggerOrderContract } from '../trigger-order-contract.ts';
import { acquireContract } from './acquire-contract.ts';
import { addressAtOnceContract } from './address-at-once-contract.ts';
import { atOnceContract } from './at-once-contract.ts';
import { endingContract } from './ending-contract.ts';
import { eventContract } from './event-contract.ts';
import { modelContract } from './model-contract.ts';
import { reusedAddressContract } from './reused-address-contract.ts';

describe.skipIf(isMissing('mariadb'))('on a private server', () => {
  let server: MariadbServer;

  beforeAll(async () => {
    server = await startMariadbServer();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  const mariadbDatabase = async () => {
    const url = await emptyDatabase(server);
    return {
      open: () => openTruth(url, { busyTimeoutMs: 30_000 }),
      [Symbol.asyncDispose]: async () => undefined,
    };
  };

  acquireContract('MariaDB', mariadbDatabase);
  eventContract('MariaDB', mariadbDatabase);
  endingContract('MariaDB', mariadbDatabase);
  reusedAddressContract('MariaDB', mariadbDatabase);
  atOnceContract('MariaDB', mariadbDatabase);
  addressAtOnceContract('MariaDB', mariadbDatabase);
  modelContract('MariaDB', mariadbDatabase, 20);
  triggerOrderContract('MariaDB', mariadbDatabase);
});
