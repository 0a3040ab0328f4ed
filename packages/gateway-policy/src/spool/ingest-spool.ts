/**
 * Brings what hooks have told into truth: the events of a spool directory, oldest first, a batch per transaction. A file is
 * removed after the commit that has its event, and the same event again changes nothing, so it may be killed at any moment
 * and run beside itself.
 *
 * Nothing here decides what is live: a run that reads truth afterwards does, and the triggers tell that one is due.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@holdfast/base';
import type { Truth } from '@holdfast/truth-db';
import { inOrder, type TimedEvent } from './event-order.ts';
import { refuseFiles } from './refuse-files.ts';
import { listSpool, type RefusedFile, readSpoolFile, type SpoolFile } from './spool-directory.ts';
import { parseEvent } from './spool-event.ts';
import type { SpoolReport } from './spool-report.ts';
import { SpoolTally } from './spool-tally.ts';
import { writeEvents } from './write-events.ts';

export interface IngestSpoolOptions {
  readonly truth: Truth;
  /** Events that name another gateway are left alone; one that names none is of this one. */
  readonly gateway: string;
  /** Need not exist: then there are no events. */
  readonly directory: string;
  /** The present moment, in milliseconds since the Unix epoch: tells which temporary files are left over. */
  readonly at: number;
  /** Ends it between two batches. */
  readonly signal: AbortSignal;
  /** Events in one transaction; 256. */
  readonly batchSize?: number;
  /** Called after each commit, before its files are removed. Tests stop the world here. */
  readonly onCommit?: () => void | Promise<void>;
}

/**
 * @throws HoldfastError READ_FAILED - the directory cannot be listed
 * @throws HoldfastError CONFIG_INVALID - truth has no such gateway
 * @throws HoldfastError as `Truth.transaction` when the database is away; what was committed before stays
 */
export async function ingestSpool(options: IngestSpoolOptions): Promise<SpoolReport> {
  const { directory, at, signal, batchSize = 256 } = options;
  const { files, strangers, leftovers } = await listSpool(directory, at);
  const tally = new SpoolTally();
  await refuse(directory, strangers, tally);
  await remove(directory, leftovers, tally);
  for (let from = 0; from < files.length; from += batchSize) {
    signal.throwIfAborted();
    await ingestBatch(files.slice(from, from + batchSize), options, tally);
  }
  return tally.report();
}

async function ingestBatch(
  files: readonly SpoolFile[],
  options: IngestSpoolOptions,
  tally: SpoolTally,
): Promise<void> {
  const { directory, gateway, onCommit } = options;
  const { events, refused } = await readBatch(directory, files);
  await refuse(directory, refused, tally);
  const ours = events.filter(({ event }) => event.gateway === undefined || event.gateway === gateway);
  tally.foreign(events.length - ours.length);
  if (ours.length === 0) return;
  const written = await writeEvents(inOrder(ours), options);
  tally.written(written);
  await onCommit?.();
  const done = written.filter(({ outcome }) => outcome.kind !== 'failed').map(({ name }) => name);
  await remove(directory, done, tally);
}

async function readBatch(
  directory: string,
  files: readonly SpoolFile[],
): Promise<{ readonly events: readonly TimedEvent[]; readonly refused: readonly RefusedFile[] }> {
  const events: TimedEvent[] = [];
  const refused: RefusedFile[] = [];
  for (const { name, writtenNs } of files) {
    const read = await readSpoolFile(directory, name);
    if (read === undefined) continue; // ingested by somebody else
    if (!(read instanceof Uint8Array)) {
      refused.push(read);
      continue;
    }
    const parsed = parseEvent(read);
    if (parsed.kind === 'event') events.push({ name, writtenNs, event: parsed.event });
    else refused.push({ name, because: parsed.because });
  }
  return { events, refused };
}

async function refuse(directory: string, files: readonly RefusedFile[], tally: SpoolTally): Promise<void> {
  tally.refused(files);
  tally.stuck(await refuseFiles(directory, files));
}

async function remove(directory: string, names: readonly string[], tally: SpoolTally): Promise<void> {
  for (const name of names) {
    try {
      await rm(join(directory, name), { force: true });
    } catch (error) {
      tally.stuck([{ name, because: `it cannot be removed (${errnoOf(error) ?? 'unknown error'})` }]);
    }
  }
}
