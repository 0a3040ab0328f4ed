/** The lockfile backend against the contract; proper-lockfile itself, called directly, stands for another process. */
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { randomRuns } from '../../../../tests/support/random-runs.ts';
import { lockFileName } from '../lock-name.ts';
import { describeLockBackend } from '../testing/lock-contract.ts';

describeLockBackend({
  backend: 'lockfile',
  choice: 'lockfile',
  modes: ['exclusive'],
  missesDirectory: true,
  randomRuns: randomRuns(60),
  takeFromOutside: async (directory, scope) => {
    try {
      return { giveBack: await lock(join(directory, lockFileName(scope)), { realpath: false }) };
    } catch (error) {
      if ((error as { code?: string }).code === 'ELOCKED') return undefined;
      throw error;
    }
  },
});
