/** Every look of the doctor, in the order in which it is told. None changes anything. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AtomicWriter } from '@holdfast/atomic-writer';
import { errnoOf, isHoldfastError, partyName } from '@holdfast/base';
import { lengthOf } from '@holdfast/host/cli';
import type { LockRunner } from '@holdfast/lock-runner';
import { CacheDocument } from '../cache-document.ts';
import { cacheScope } from '../cache-place.ts';
import { ageOf, countOf } from '../catalogue.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

export interface Surroundings {
  readonly directory: string;
  readonly runner: LockRunner;
  readonly wallMs: number;
  readonly maxAgeMs: number;
}

export async function lookAround(around: Surroundings): Promise<readonly Finding[]> {
  const directory = directoryFinding(around.directory);
  if (directory.verdict === 'fail') return [directory];
  const names = namesIn(around.directory);
  if (names === undefined) return [directory, await lockFinding(around)];
  return [
    directory,
    ...(await documentFindings(around, names)),
    await lockFinding(around),
    ...leftoverFindings(names),
  ];
}

function directoryFinding(directory: string): Finding {
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  if (stats === undefined)
    return warning('directory', `${directory} does not exist`, 'Fetch a catalogue: metadata-cache refresh.');
  if (!stats.isDirectory())
    return failed('directory', `${directory} is not a directory`, 'Move it away, then refresh.');
  const found = `${directory} is of user ${stats.uid}, mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')}`;
  if ((stats.mode & 0o022) !== 0)
    return failed('directory', `${found}: others may write there`, `chmod go-w ${directory}`);
  const user = process.geteuid?.();
  if (user === undefined || stats.uid === user) return ok('directory', found);
  return warning('directory', `${found}, and this is user ${user}`, 'Refresh as the user that owns it.');
}

/** Undefined when there is no directory, or none that may be read: that has been told. */
function namesIn(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory).toSorted();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

async function documentFindings(around: Surroundings, names: readonly string[]): Promise<readonly Finding[]> {
  const documents = names.filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  if (documents.length === 0)
    return [warning('catalogue', 'nothing was fetched yet', 'Fetch it: metadata-cache refresh.')];
  return await Promise.all(documents.map((name) => documentFinding(around, name)));
}

async function documentFinding(
  { directory, wallMs, maxAgeMs }: Surroundings,
  file: string,
): Promise<Finding> {
  const look = await new CacheDocument(join(directory, file), new AtomicWriter()).look();
  const again = 'metadata-cache refresh fetches it anew.';
  if (look.state === 'absent') return warning(file, 'it has just been removed', again);
  if (look.state !== 'whole')
    return failed(file, `${look.error.message} [${look.error.code}]`, look.error.hint);
  const { catalogue, generation, from } = look;
  const age = ageOf(catalogue, wallMs);
  const found = `generation ${generation} of ${catalogue.source.location}, ${catalogue.entries.length} distributions, ${countOf(catalogue)} items, ${lengthOf(age)} old`;
  if (from === 'last-good') return warning(file, `damaged or gone; its last good one is ${found}`, again);
  return age > maxAgeMs ? warning(file, `${found}, stale`, again) : ok(file, found);
}

async function lockFinding({ runner }: Surroundings): Promise<Finding> {
  try {
    const { holder, waiters } = await runner.who(cacheScope);
    const { scope, crashRelease, fair } = runner.guarantee;
    const kind = `${runner.backend} (for this ${scope}, freed after a crash: ${crashRelease}, ${fair ? 'fair' : 'not fair'})`;
    if (holder === undefined) return ok('lock', `free; ${kind}`);
    const since = holder.sinceMs === undefined ? '' : ` for ${lengthOf(holder.sinceMs)}`;
    return ok('lock', `held by ${partyName(holder)}${since}, ${waiters.length} wait; ${kind}`);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return failed('lock', `${error.message} [${error.code}]`, error.hint);
  }
}

function leftoverFindings(names: readonly string[]): readonly Finding[] {
  const temporary = names.filter((name) => name.includes('.holdfast-tmp'));
  const damaged = names.filter((name) => name.includes('.damaged-'));
  return [
    ...(temporary.length === 0
      ? [ok('leftovers', 'no temporary file')]
      : [
          warning(
            'leftovers',
            `${temporary.length} temporary files: of a refresh under way, or of killed ones`,
            'The next refresh removes those of dead writers.',
          ),
        ]),
    ...(damaged.length === 0
      ? []
      : [
          warning(
            'evidence',
            `moved aside as damaged: ${damaged.join(', ')}`,
            'Look at what damaged them, then remove them.',
          ),
        ]),
  ];
}
