/** The process backend against the contract. */
import { describeLockBackend } from '../testing/lock-contract.ts';

describeLockBackend({
  backend: 'process',
  choice: 'process',
  modes: ['exclusive', 'shared'],
  randomRuns: 400,
});
