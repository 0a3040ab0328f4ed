/** `runtime-state sweep` */
import { answer, type CommandLine, type MainContext } from '@holdfast/host/cli';
import { sweepArea } from '@holdfast/runtime-stores';
import { openStores, waitsOf } from '../open-stores.ts';
import { createProgress } from '../progress-line.ts';
import { sweepSettings } from '../store-settings.ts';
import { tableOf } from '../table.ts';

export async function sweep(line: CommandLine, { signal }: MainContext): Promise<number> {
  return await answer(sweepSettings, line, async (settings) => {
    const { stewards, resets } = openStores(settings, waitsOf(settings));
    using progress = createProgress(settings.progress.value);
    const swept = [];
    for (const steward of stewards) {
      const { name } = steward.area;
      const report = await sweepArea(steward, resets, {
        waitMs: settings.lockTimeout.value,
        keepResetsMs: settings.keepResets.value,
        signal,
        onProgress: ({ done, total }) => progress.show(`${name}: ${done} of ${total} documents`),
      });
      swept.push(report);
    }
    const rows = swept.map(({ area, removed, kept, damaged, resumed, rotated, pruned }) => [
      area,
      String(removed),
      String(kept),
      damaged === 0 ? '-' : String(damaged),
      rotated ? 'yes' : '-',
      String(resumed.length),
      String(pruned),
    ]);
    const titles = ['AREA', 'REMOVED', 'KEPT', 'DAMAGED', 'ROTATED', 'RESUMED', 'PRUNED'];
    return { document: { areas: swept }, lines: tableOf(titles, rows) };
  });
}
