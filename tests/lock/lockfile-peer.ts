/**
 * Another program that locks with proper-lockfile itself and knows nothing of Holdfast. It does what its test tells it, as
 * `child-lines.ts` says.
 *
 *   lock {"stale":2000}  → locked | error CODE          unlock → unlocked | error CODE
 */
import { join } from 'node:path';
import { lockFileName } from '@holdfast/lock-runner';
import { type LockOptions, lock } from 'proper-lockfile';
import { answerLines, openLines } from './child-lines.ts';

const [directory = '', scope = ''] = process.argv.slice(2);
const path = join(directory, lockFileName(scope));
let unlock: (() => Promise<void>) | undefined;

answerLines(openLines(), {
  lock: async (options = '{}') => {
    const given = JSON.parse(options) as LockOptions;
    unlock = await lock(path, { ...given, realpath: false, onCompromised: () => undefined });
    return 'locked';
  },
  unlock: async () => {
    await unlock?.();
    return 'unlocked';
  },
});
