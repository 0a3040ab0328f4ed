/** `metadata-cache show [DISTRIBUTION]` */
import { HoldfastError } from '@holdfast/base';
import { answer, type MainContext } from '@holdfast/host/cli';
import type { CatalogueEntry } from '../catalogue.ts';
import type { FoojayPackage } from '../source/foojay-schema.ts';
import { readCatalogue, type Served } from './read-catalogue.ts';
import { readSettings } from './read-command.ts';
import { servedDocument, servedLine } from './served-document.ts';

/**
 * @param name - of a distribution; undefined for the catalogue itself
 * @returns the exit status
 */
export async function show(
  name: string | undefined,
  flags: Readonly<Record<string, string>>,
  { signal }: MainContext,
): Promise<number> {
  return await answer(readSettings, { flags }, async (settings) => {
    const served = await readCatalogue(settings, signal);
    if (name === undefined) return { document: servedDocument(served), lines: catalogueLines(served) };
    const entry = entryOf(served, name);
    return { document: { ...servedDocument(served), distribution: entry }, lines: entryLines(served, entry) };
  });
}

function entryOf({ catalogue, source }: Served, name: string): CatalogueEntry {
  const found = catalogue.entries.find((entry) => entry.name === name || entry.label === name);
  if (found !== undefined) return found;
  const known = catalogue.entries.map((entry) => entry.name).join(', ');
  throw new HoldfastError(
    'DISTRIBUTION_UNKNOWN',
    `the catalogue of ${source.name} has no ${JSON.stringify(name)}; it has: ${known}`,
    { details: { name } },
  );
}

function catalogueLines(served: Served): readonly string[] {
  const { catalogue, path, generation, from, state } = served;
  return [
    servedLine(served),
    `  from        ${catalogue.source.location}`,
    `  kept in     ${path}`,
    `  generation  ${generation}${from === 'current' ? '' : ', the last good one'}`,
    `  checked     ${catalogue.checkedAt}${state === 'stale' ? ', stale' : ''}`,
  ];
}

function entryLines({ source }: Served, { name, content }: CatalogueEntry): readonly string[] {
  if (source.name !== 'foojay') return JSON.stringify(content, undefined, 2).split('\n');
  const packages = content as readonly FoojayPackage[];
  return [`${name}: ${packages.length} packages`, ...packages.map(packageLine)];
}

function packageLine(each: FoojayPackage): string {
  const { java_version, package_type, operating_system, architecture, archive_type, filename } = each;
  const platform = `${operating_system}/${architecture}`;
  return `  ${java_version.padEnd(14)}  ${package_type}  ${platform.padEnd(18)}  ${archive_type.padEnd(6)}  ${filename}`;
}
