/** MariaDB against the contract of hooks, on a private server. */
import { describe } from 'vitest';
import { isMissing } from '../../../../tests/support/needs.ts';
import { useMariadb } from '../testing/use-mariadb.ts';
import { hookAdmittedContract } from './hook-admitted-contract.ts';
import { hookContract } from './hook-contract.ts';
import { hookReuseContract } from './hook-reuse-contract.ts';

describe.skipIf(isMissing('mariadb'))('on a private server', () => {
  const mariadbDatabase = useMariadb();

  hookContract('MariaDB', mariadbDatabase);
  hookAdmittedContract('MariaDB', mariadbDatabase);
  hookReuseContract('MariaDB', mariadbDatabase);
});
