/** `metadata-cache list [SOURCE]` */
import { answer, type MainContext } from '@holdfast/host/cli';
import { readCatalogue, type Served } from './read-catalogue.ts';
import { readSettings } from './read-command.ts';
import { servedDocument, servedLine } from './served-document.ts';

/** @returns the exit status */
export async function list(
  flags: Readonly<Record<string, string>>,
  { signal }: MainContext,
): Promise<number> {
  return await answer(readSettings, { flags }, async (settings) => {
    const served = await readCatalogue(settings, signal);
    const distributions = served.catalogue.entries.map(({ name, label, count, checkedAt, revision }) => ({
      name,
      label: label ?? name,
      count,
      checkedAt,
      revision,
    }));
    const head = settings.quiet.value ? [] : [servedLine(served)];
    return { document: { ...servedDocument(served), distributions }, lines: [...head, ...rowsOf(served)] };
  });
}

function rowsOf({ catalogue: { entries } }: Served): readonly string[] {
  const width = Math.max(...entries.map(({ name }) => name.length));
  const digits = Math.max(...entries.map(({ count }) => String(count).length));
  return entries.map(({ name, label = '', count }) =>
    `  ${name.padEnd(width)}  ${String(count).padStart(digits)}  ${label}`.trimEnd(),
  );
}
