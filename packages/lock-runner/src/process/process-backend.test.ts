/** The process backend against the contract. */

import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { describeLockBackend } from '../testing/lock-contract.ts';

describeLockBackend({
  backend: 'process',
  choice: 'process',
  modes: ['exclusive', 'shared'],
  randomRuns: randomRuns(400),
});
