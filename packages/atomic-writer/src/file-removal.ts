/**
 * Removes a file with the fence check, retries and directory flush of a write. Absent is fine: a removal that was cut
 * short is simply run again.
 */
import { dirname } from 'node:path';
import { errnoOf, isHoldfastError } from '@holdfast/base';
import { closeReader } from './close-reader.ts';
import type { FilePort } from './file-port.ts';
import { Publication } from './publication.ts';
import { retryBudget } from './retry-budget.ts';
import { locateTarget } from './target.ts';
import { type FailureContext, type WriteStep, writeFailure } from './write-failure.ts';
import type { WriteOptions, WriterSettings } from './writer-options.ts';

/** @throws as `AtomicWriter.remove` */
export async function removeFile(
  settings: WriterSettings,
  path: string,
  options: WriteOptions,
): Promise<void> {
  const startMs = settings.clock.monotonicMs();
  const { port, flushesDirectory, symlink } = settings;
  const target = locateTarget(port, path, symlink).path;
  const budget = retryBudget(options.held, settings.retryBudgetMs);
  const publication = new Publication({ port, clock: settings.clock, path: target, budget: () => budget });
  let step: WriteStep = 'open-directory';
  let directory: number | undefined;
  try {
    // Opened before the removal, so that after it only the flush itself can fail.
    if (flushesDirectory) directory = openIfPresent(port, dirname(target));
    step = 'remove';
    await publishRemoval({ publication, settings, path: target, options });
    step = 'flush-directory';
    if (directory !== undefined) await port.flushLater(directory);
  } catch (cause) {
    throw removalFailure(
      {
        path: target,
        step,
        cause,
        retries: publication.retries,
        tookMs: settings.clock.monotonicMs() - startMs,
        port,
      },
      options.signal,
    );
  } finally {
    if (directory !== undefined) closeReader(port, directory);
  }
}

interface Removal {
  readonly publication: Publication;
  readonly settings: WriterSettings;
  readonly path: string;
  readonly options: WriteOptions;
}

async function publishRemoval({ publication, settings, path, options }: Removal): Promise<void> {
  const { held, signal } = options;
  const step = () => {
    signal?.throwIfAborted();
    options.beforePublish?.();
    unlinkIfPresent(settings.port, path);
  };
  const attempt = () => publication.attempt(held === undefined ? step : () => held.publish(step));
  for (let waitMs = attempt(); waitMs !== undefined; waitMs = attempt()) {
    await settings.clock.sleep(waitMs, signal);
  }
}

function removalFailure(failure: FailureContext, signal: AbortSignal | undefined): unknown {
  const { cause } = failure;
  if (isHoldfastError(cause) || (signal?.aborted === true && cause === signal.reason)) return cause;
  return writeFailure({ ...failure, intent: 'removed' });
}

function openIfPresent(port: FilePort, directory: string): number | undefined {
  try {
    return port.openDirectory(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined; // no directory, no file
    throw error;
  }
}

function unlinkIfPresent(port: FilePort, path: string): void {
  try {
    port.unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
