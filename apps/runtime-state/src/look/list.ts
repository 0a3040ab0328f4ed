/** `runtime-state list` */
import { answer, type CommandLine, lengthOf } from '@holdfast/host/cli';
import type { StoreArea, StoredReset } from '@holdfast/runtime-stores';
import { openStores } from '../open-stores.ts';
import { storeSettings } from '../store-settings.ts';
import { tableOf } from '../table.ts';

export async function list(line: CommandLine): Promise<number> {
  return await answer(storeSettings, line, async (settings) => {
    const { directory, areas, resets } = openStores(settings);
    const listed: ListedArea[] = [];
    for (const area of areas) listed.push(await describeArea(area));
    const undoable = (await resets.list()).map(describeReset);
    return {
      document: { directory, areas: listed, resets: undoable },
      lines: [...areaTable(listed), '', ...resetLines(undoable)],
    };
  });
}

interface ListedArea {
  readonly area: string;
  readonly store: string;
  readonly directory: string;
  readonly durability: string;
  readonly documents: number;
  /** Documents that are not whole. */
  readonly damaged: number;
  readonly entries: number;
  readonly expired: number;
}

async function describeArea(area: StoreArea): Promise<ListedArea> {
  const { name, store, directory, durability } = area;
  const total = { documents: 0, damaged: 0, entries: 0, expired: 0 };
  for await (const { condition, entries, expired } of area.documents()) {
    if (condition === 'absent') continue;
    total.documents += 1;
    total.damaged += condition === 'whole' ? 0 : 1;
    total.entries += entries;
    total.expired += expired;
  }
  return { area: name, store, directory, durability, ...total };
}

function areaTable(areas: readonly ListedArea[]): readonly string[] {
  const titles = ['AREA', 'DOCUMENTS', 'ENTRIES', 'EXPIRED', 'DAMAGED', 'DURABILITY', 'DIRECTORY'];
  return tableOf(
    titles,
    areas.map((area) => [
      area.area,
      String(area.documents),
      String(area.entries),
      String(area.expired),
      area.damaged === 0 ? '-' : String(area.damaged),
      area.durability,
      area.directory,
    ]),
  );
}

interface ShownReset {
  readonly id: string;
  readonly status: StoredReset['status'];
  readonly area?: string;
  readonly reason?: string;
  readonly ageMs?: number;
  readonly bytes?: number;
  readonly files?: readonly string[];
  readonly problem?: string;
  /** Of one that was set aside. */
  readonly directory?: string;
}

function describeReset(reset: StoredReset): ShownReset {
  const { id, status } = reset;
  if (reset.status === 'damaged') return { id, status, problem: reset.problem };
  if (reset.status === 'set-aside') return { id, status, directory: reset.directory };
  const { scope: area, reason, ageMs, bytes, files } = reset;
  return { id, status, area, reason: reason.kind, ageMs: Math.round(ageMs), bytes, files };
}

function resetLines(resets: readonly ShownReset[]): readonly string[] {
  if (resets.length === 0) return ['no resets'];
  const rows = resets.map(({ id, status, area = '', reason = '', ageMs }) => {
    return [id, status, area, reason, ageMs === undefined ? '' : `${lengthOf(ageMs)} ago`];
  });
  return tableOf(['RESET', 'STATUS', 'AREA', 'REASON', 'WHEN'], rows);
}
