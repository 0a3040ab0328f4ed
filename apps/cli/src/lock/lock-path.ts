/** `holdfast lock path SCOPE` */
import { join } from 'node:path';
import { isHoldfastError } from '@holdfast/base';
import { answer, type CommandLine, warn } from '@holdfast/host/cli';
import { type LockRunner, lockFileName } from '@holdfast/lock-runner';
import { lockPathSettings } from './lock-command.ts';
import { lockDirectoryOf, openRunner } from './open-runner.ts';

export async function lockPath(line: CommandLine): Promise<number> {
  const [scope = ''] = line.operands;
  return await answer(lockPathSettings, line, async (settings) => {
    const directory = lockDirectoryOf(settings);
    const path = join(directory, lockFileName(scope));
    const runner = openRunner(settings);
    if (settings.create.value) await create(runner, scope);
    const { backend } = runner;
    if (backend !== 'flock')
      warn(`${directory} is locked by ${backend}: flock(1) on this file excludes nobody`);
    return { document: { scope, directory, path, backend }, lines: [path] };
  });
}

/** By locking once: what somebody holds is there already. */
async function create(runner: LockRunner, scope: string): Promise<void> {
  try {
    await runner.run(scope, { waitMs: 0 }, () => undefined);
  } catch (error) {
    if (!isHoldfastError(error, 'LOCK_BUSY')) throw error;
  }
}
