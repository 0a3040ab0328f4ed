/** `metadata-cache clear [SOURCE]` */
import { answer, type MainContext } from '@holdfast/host/cli';
import { asLockTimeout, namingLimit } from '@holdfast/host/config';
import { cacheScope } from './cache-place.ts';
import { clearSettings } from './clear-command.ts';
import { composeWriting } from './refresh/compose-refresh.ts';

/** @returns the exit status */
export async function clear(
  flags: Readonly<Record<string, string>>,
  { signal }: MainContext,
): Promise<number> {
  return await answer(clearSettings, { flags }, async (settings) => {
    const { cache, source } = await composeWriting(settings);
    const { document, runner } = cache;
    const waitMs = settings.lockTimeout.value;
    const purpose = `metadata-cache clear ${source.name}`;
    try {
      const outcome = await runner.run(cacheScope, { waitMs, signal, purpose }, async (held) => {
        await held.fence();
        await document.sweepOrphans(held);
        const { state } = await document.look();
        await document.remove(held);
        return state === 'absent' ? 'nothing' : 'cleared';
      });
      const what = outcome === 'cleared' ? `cleared ${source.name}` : `nothing of ${source.name} was cached`;
      return {
        document: { outcome, source: source.name, path: document.path },
        lines: settings.quiet.value ? [] : [what],
      };
    } catch (error) {
      throw namingLimit(error, asLockTimeout(settings.lockTimeout));
    }
  });
}
