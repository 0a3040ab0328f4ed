/** A directory that is gone when its user is done, whatever happened. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScratchDirectory extends Disposable {
  readonly path: string;
}

/** @param parent - where; the system's directory for temporary files by default */
export function scratchDirectory(parent: string = tmpdir()): ScratchDirectory {
  const path = mkdtempSync(join(parent, 'holdfast-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
