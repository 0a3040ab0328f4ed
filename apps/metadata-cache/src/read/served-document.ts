/** The keys that every answer about a catalogue has in `--json`, and its first line for a person. */
import { lengthOf } from '@holdfast/host/cli';
import { countOf } from '../catalogue.ts';
import type { Served } from './read-catalogue.ts';

export function servedDocument(served: Served) {
  const { catalogue, path, generation, from, state, ageMs, warnings, refreshed } = served;
  const { source, checkedAt, revision, entries } = catalogue;
  return {
    source: source.name,
    location: source.location,
    path,
    generation,
    revision,
    from,
    state,
    checkedAt,
    ageMs: Math.round(ageMs),
    distributionCount: entries.length,
    itemCount: countOf(catalogue),
    warnings,
    refreshed,
  };
}

export function servedLine({ catalogue, source, ageMs }: Served): string {
  const { entries } = catalogue;
  const holds = `${entries.length} distributions, ${countOf(catalogue)} ${source.unit}`;
  return `${catalogue.source.name}: ${holds}, fetched ${lengthOf(ageMs)} ago`;
}
