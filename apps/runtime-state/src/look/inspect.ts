/** `runtime-state inspect AREA` */
import { join, relative } from 'node:path';
import { HoldfastError } from '@holdfast/base';
import { answer, type CommandLine, lengthOf } from '@holdfast/host/cli';
import type { AreaDocument, AreaEntry, StoreArea } from '@holdfast/runtime-stores';
import { areaOf, openStores } from '../open-stores.ts';
import { inspectSettings } from '../store-settings.ts';

export async function inspect(line: CommandLine): Promise<number> {
  const [name = ''] = line.operands;
  return await answer(inspectSettings, line, async (settings) => {
    const stores = openStores(settings);
    const area = areaOf(stores, name);
    const { value: only } = settings.document;
    const documents =
      only === undefined
        ? await Array.fromAsync(area.documents())
        : [documentAt(area, join(stores.directory, only))];
    const shown = documents.map((document) =>
      describe(document, area.entriesOf(document.path), {
        root: stores.directory,
        limit: settings.limit.value,
      }),
    );
    return {
      document: { area: area.name, directory: area.directory, documents: shown },
      lines: shown.length === 0 ? [`${area.name} has no document`] : shown.flatMap(linesOf),
    };
  });
}

/** @throws HoldfastError USAGE - it is none of the area's */
export function documentAt(area: StoreArea, path: string): AreaDocument {
  const document = area.examine(path);
  if (document !== undefined) return document;
  throw new HoldfastError('USAGE', `${path} is no document of ${area.name}`, { details: { path } });
}

interface Limits {
  readonly root: string;
  readonly limit: number;
}

function describe(
  { path, scope, condition, problem, entries, expired }: AreaDocument,
  found: readonly AreaEntry[],
  { root, limit }: Limits,
) {
  return {
    path: relative(root, path),
    scope,
    condition,
    entries,
    expired,
    shown: found.slice(0, limit),
    ...(problem === undefined ? {} : { problem: { code: problem.code, message: problem.message } }),
  };
}

function linesOf(document: ReturnType<typeof describe>): readonly string[] {
  const { path, scope, condition, entries, shown, problem } = document;
  const head = `${path}  ${condition}, ${entries} entries, lock ${scope}`;
  const left = entries - shown.length;
  return [
    head,
    ...(problem === undefined ? [] : [`  ${problem.message} [${problem.code}]`]),
    ...shown.map((entry) => `  ${factsOf(entry)}`),
    ...(left > 0 && shown.length > 0 && !path.includes('salt/') ? [`  … and ${left} more`] : []),
  ];
}

/** `3fa2…  state ok  endsIn 4 min`: the name first, lengths of time in words. */
function factsOf({ name, ...facts }: AreaEntry): string {
  const told = Object.entries(facts).map(([key, value]) =>
    key.endsWith('Ms') && typeof value === 'number'
      ? `${key.slice(0, -2)} ${value < 0 ? '-' : ''}${lengthOf(Math.abs(value))}`
      : `${key} ${String(value)}`,
  );
  return [name, ...told].join('  ');
}
