/** A file to be written, in a directory of its own, for tests; and what a writer may have left beside it. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queuedPaths } from '../write-queue.ts';

export class TargetFile {
  readonly directory = mkdtempSync(join(tmpdir(), 'holdfast-writer-'));
  readonly path = join(this.directory, 'file');

  /** @returns the temporary files that were left, and how many paths still have a write under way */
  remove(): { readonly left: readonly string[]; readonly queued: number } {
    const names = readdirSync(this.directory);
    rmSync(this.directory, { recursive: true });
    return { left: names.filter((name) => name.includes('.holdfast-tmp')), queued: queuedPaths() };
  }
}

export const nothingLeft: ReturnType<TargetFile['remove']> = { left: [], queued: 0 };

export function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
