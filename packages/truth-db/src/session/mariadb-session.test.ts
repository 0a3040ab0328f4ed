/** MariaDB against the contracts of sessions and triggers, on a private server. */
import { describe } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { useMariadb } from '../testing/use-mariadb.ts';
import { triggerOrderContract } from '../trigger-order-contract.ts';
import { acquireContract } from './acquire-contract.ts';
import { addressAtOnceContract } from './address-at-once-contract.ts';
import { atOnceContract } from './at-once-contract.ts';
import { batchContract } from './batch-contract.ts';
import { disownContract } from './disown-contract.ts';
import { endingContract } from './ending-contract.ts';
import { eventContract } from './event-contract.ts';
import { listContract } from './list-contract.ts';
import { modelContract } from './model-contract.ts';
import { reusedAddressContract } from './reused-address-contract.ts';

describe.skipIf(isMissing('mariadb'))('on a private server', () => {
  const mariadbDatabase = useMariadb();

  acquireContract('MariaDB', mariadbDatabase);
  batchContract('MariaDB', mariadbDatabase, 10);
  disownContract('MariaDB', mariadbDatabase);
  listContract('MariaDB', mariadbDatabase);
  eventContract('MariaDB', mariadbDatabase);
  endingContract('MariaDB', mariadbDatabase);
  reusedAddressContract('MariaDB', mariadbDatabase);
  atOnceContract('MariaDB', mariadbDatabase);
  addressAtOnceContract('MariaDB', mariadbDatabase);
  modelContract('MariaDB', mariadbDatabase, 20);
  triggerOrderContract('MariaDB', mariadbDatabase);
});
