/**
 * One process that reads: `reader-child.ts STATE_DIR URL READS REVISIONS`. Looks at the catalogue until it has done so so many
 * times and has seen so many revisions, and prints what it saw. Every id of a catalogue has to be of one edition.
 */
import { openDocument } from '../../apps/metadata-cache/src/open-document.ts';
import type { FoojayPackage } from '../../apps/metadata-cache/src/source/foojay-schema.ts';
import { sourceOf } from '../../apps/metadata-cache/src/source/source-of.ts';

const [stateDirectory = '', url = '', reads = '0', revisions = '0'] = process.argv.slice(2);
const place = { stateDirectory, source: sourceOf('foojay', url) };
const seen = { reads: 0, failures: 0, mixed: 0, wentBack: 0 };
const revisionsSeen = new Set<number>();
let last = 0;

while (seen.reads < Number(reads) || revisionsSeen.size < Number(revisions)) {
  const look = await openDocument(place).look();
  seen.reads += 1;
  if (look.state !== 'whole') {
    seen.failures += 1;
    continue;
  }
  const { revision, entries } = look.catalogue;
  const editions = entries.flatMap(({ content }) =>
    (content as readonly FoojayPackage[]).map(({ id }) => id.split('-')[0]),
  );
  if (new Set(editions).size !== 1) seen.mixed += 1;
  if (revision < last) seen.wentBack += 1;
  last = revision;
  revisionsSeen.add(revision);
}
process.stdout.write(JSON.stringify({ ...seen, revisions: revisionsSeen.size }));
