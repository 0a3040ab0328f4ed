/**
 * The directory that resets of an area are kept in, as `.trash`. All areas of one file system share that of the stores, so
 * that a reset may span them; one on a file system of its own, a tmpfs for hot counters, has its own.
 */
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isMountPoint } from '@holdfast/atomic-writer';
import type { Clock } from '@holdfast/base';
import { nodeResetPort, ResetExecutor, type ResetPort } from '@holdfast/reset-executor';
import type { StoreArea } from './store-area.ts';

export interface ResetRoot {
  /** Absolute. */
  readonly directory: string;
  readonly executor: ResetExecutor;
}

export interface ResetRootOptions {
  /** Of all stores. */
  readonly storesDirectory: string;
  readonly clock: Clock;
  /** The file system; tests make single calls fail. */
  readonly fs?: ResetPort | undefined;
}

/** Where resets of `area` are kept; it need not exist yet. */
export function resetRootOf({ directory }: StoreArea, options: ResetRootOptions): ResetRoot {
  const { storesDirectory, clock, fs } = options;
  const root = isMovable(storesDirectory, directory) ? storesDirectory : directory;
  return {
    directory: root,
    executor: new ResetExecutor({ directory: root, clock, ...(fs === undefined ? {} : { fs }) }),
  };
}

/** @returns as plans and journals have it: with forward slashes */
export function pathInRoot({ directory }: ResetRoot, path: string): string {
  return relative(directory, path).split(sep).join('/');
}

/** Whether a rename can move files of `directory` into the trash of `root`: it is inside, and no mount comes between. */
function isMovable(root: string, directory: string): boolean {
  const below = relative(root, directory);
  if (below === '' || below.startsWith('..')) return false;
  if (!existsSync(root)) return true;
  const mounts = nodeResetPort.mountTable();
  const { dev } = lstatSync(realpathSync(root));
  let at = realpathSync(root);
  for (const name of below.split(sep)) {
    at = join(at, name);
    const facts = lstatSync(at, { throwIfNoEntry: false });
    if (facts === undefined) return true;
    if (!facts.isDirectory() || facts.dev !== dev || isMountPoint(mounts, at)) return false;
  }
  return true;
}
