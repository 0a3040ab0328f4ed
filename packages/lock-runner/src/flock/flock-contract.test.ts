/** The flock backend against the contract; an open file description of its own stands for another process. */

import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { describeLockBackend } from '../testing/lock-contract.ts';
import { takeLockFile } from '../testing/outsiders.ts';

describeLockBackend({
  backend: 'flock',
  choice: 'flock',
  modes: ['exclusive', 'shared'],
  randomRuns: randomRuns(150),
  takeFromOutside: takeLockFile,
});
