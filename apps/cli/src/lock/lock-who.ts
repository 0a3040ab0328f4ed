/** `holdfast lock who SCOPE` */
import { answer, type CommandLine } from '@holdfast/host/cli';
import { describeParty } from './describe-party.ts';
import { freeAsSeen, seesAllHolders } from './horizon.ts';
import { lockSettings } from './lock-command.ts';
import { lockDirectoryOf, openRunner } from './open-runner.ts';
import { requireReadable } from './require-readable.ts';

export async function lockWho(line: CommandLine): Promise<number> {
  const [scope = ''] = line.operands;
  return await answer(lockSettings, line, async (settings) => {
    const directory = lockDirectoryOf(settings);
    requireReadable(directory);
    const runner = openRunner(settings);
    const { holder, waiters } = await runner.who(scope);
    const state = holder === undefined ? freeAsSeen(runner.backend) : `is held by ${describeParty(holder)}`;
    return {
      document: {
        scope,
        directory,
        backend: runner.backend,
        holder: holder ?? null,
        waiters,
        seesAllHolders: seesAllHolders(runner.backend),
      },
      lines: [`${scope} ${state}`, ...waiters.map((waiter) => `  waiting: ${describeParty(waiter)}`)],
    };
  });
}
