/** How a program of the tests is started by Node or Bun: bundled, where the suite has bundled it, else from its sources. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repository } from './repository.ts';

/** Names the directory of the bundled programs. */
export const childrenVariable = 'HOLDFAST_TEST_CHILDREN';

/** @param path - of its TypeScript file @returns the first arguments of the runtime */
export function childProgram(path: string): readonly string[] {
  const directory = process.env[childrenVariable];
  if (directory !== undefined) {
    const bundled = join(directory, relative(repository, path).replace(/\.ts$/, '.js'));
    if (existsSync(bundled)) return [bundled];
  }
  return sourceProgram(path);
}

/** The same, always from its sources. */
export function sourceProgram(path: string): readonly string[] {
  return ['--conditions=@holdfast/source', path];
}
