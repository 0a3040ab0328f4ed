/** MariaDB against the contracts of mutations, on a private server. */
import { randomRuns } from '../../../tests/support/random-runs.ts';
import { cacheContract } from './cache/cache-contract.ts';
import { conflictContract } from './conflict-contract.ts';
import { panelContract } from './kinds/panel-contract.ts';
import { lifetimeContract } from './lifetime-contract.ts';
import { modelContract } from './model-contract.ts';
import { mutationContract } from './mutation-contract.ts';
import { sweepContract } from './receipt/sweep-contract.ts';
import { describeOnMariadb } from './testing/engines.ts';

describeOnMariadb((make) => {
  mutationContract('MariaDB', make);
  lifetimeContract('MariaDB', make);
  conflictContract('MariaDB', make, randomRuns(5));
  modelContract('MariaDB', make, randomRuns(6));
  sweepContract('MariaDB', make);
  panelContract('MariaDB', make);
  cacheContract('MariaDB', make);
});
