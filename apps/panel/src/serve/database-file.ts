/**
 * Whether the database that was opened is still the one at its path. A SQLite file may be moved away, or replaced by a backup,
 * while a descriptor of ours leads to the old one: what is written there is lost, and what is cached belongs to it. A server is
 * one and the same for ever.
 */
import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';

export interface DatabaseFile {
  /** Costs a few microseconds. */
  standing(): 'same' | 'gone' | 'replaced';
}

/** @param url - opened just now */
export function databaseFile(url: string): DatabaseFile {
  const [, path] = /^sqlite:(?!:memory:)(.+)$/s.exec(url) ?? [];
  if (path === undefined) return { standing: () => 'same' };
  const absolute = resolve(path);
  const opened = identityOf(absolute);
  return {
    standing: () => {
      const found = identityOf(absolute);
      if (found === opened) return 'same';
      return found === undefined ? 'gone' : 'replaced';
    },
  };
}

function identityOf(path: string): string | undefined {
  const file = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return file === undefined ? undefined : `${file.dev}:${file.ino}`;
}
