/** The lockfile backend against the contract; proper-lockfile itself, called directly, stands for another process. */
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { lockFileName } from '../lock-name.ts';
import { describeLockBackend } from '../testing/lock-contract.ts';

describeLockBackend({
  backend: 'lockfile',
  choice: 'lockfile',
  modes: ['exclusive'],
  missesDirectory: true,
  randomRuns: 60,
  takeFromOutside: async (directory, scope) => {
    try {
      return { giveBack: await lock(join(directory, lockFileName(scope)), { realpath: false }) };
    } catch (error) {
      if ((error as { code?: string }).code === 'ELOCKED') return undefined;
      throw error;
    }
  },
});
