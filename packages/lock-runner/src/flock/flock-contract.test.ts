/** The flock backend against the contract; an open file description of its own stands for another process. */
import { join } from 'node:path';
import { describeLockBackend } from '../lock-contract.ts';
import { lockFileName } from '../lock-name.ts';
import { closeLockFile, tryLockFile } from './lock-file.ts';

describeLockBackend({
  backend: 'flock',
  choice: 'flock',
  modes: ['exclusive', 'shared'],
  randomRuns: 150,
  takeFromOutside: (directory, scope) => {
    const file = tryLockFile(join(directory, lockFileName(scope)), 'exclusive');
    return file && { giveBack: () => closeLockFile(file) };
  },
});
