/** `runtime-state who SCOPE` */
import { answer, type CommandLine } from '@holdfast/host/cli';
import { openStores } from '../open-stores.ts';
import { storeSettings } from '../store-settings.ts';
import { describeParty } from './locks.ts';

export async function who(line: CommandLine): Promise<number> {
  const [scope = ''] = line.operands;
  return await answer(storeSettings, line, async (settings) => {
    const { runner } = openStores(settings);
    const { holder, waiters } = await runner.who(scope);
    const state =
      holder === undefined
        ? 'has no holder that can be seen from here'
        : `is held by ${describeParty(holder)}`;
    return {
      document: { scope, backend: runner.backend, holder: holder ?? null, waiters },
      lines: [`${scope} ${state}`, ...waiters.map((waiter) => `  waiting: ${describeParty(waiter)}`)],
    };
  });
}
