/** The source files of this checkout: what people wrote, without what was built or installed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../support/repository.ts';

export interface SourceFile {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const built = ['node_modules', 'dist', '.turbo'];

/** Every TypeScript and JavaScript file below `roots`. */
export function sourceFiles(...roots: readonly string[]): readonly SourceFile[] {
  return roots
    .flatMap(pathsBelow)
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

function pathsBelow(directory: string): readonly string[] {
  const entries = readdirSync(join(repository, directory), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return built.includes(entry.name) ? [] : pathsBelow(path);
    return /\.[jt]sx?$/.test(entry.name) ? [path] : [];
  });
}
