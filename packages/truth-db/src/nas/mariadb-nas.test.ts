/** MariaDB against the contract of NASes, on a private server. */
import { describe } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { useMariadb } from '../testing/use-mariadb.ts';
import { nasContract } from './nas-contract.ts';

describe.skipIf(isMissing('mariadb'))('on a private server', () => {
  const mariadbDatabase = useMariadb();

  nasContract('MariaDB', mariadbDatabase);
});
