/** What keeps the runtime stores consistent is in one place: no code of theirs writes around it, or locks by other means. */
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../docs/source-files.ts';

const sources = sourceFiles('packages/runtime-stores', 'apps/runtime-state').filter(
  ({ path }) => path.includes('/src/') && !/\.test\.ts$|-contract\.ts$|\/testing\//.test(path),
);

/** Names that are imported from a module, in all files. */
function importedFrom(module: RegExp): readonly string[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(/import (?:type )?\{([^}]*)\} from '([^']+)'/g)]
      .filter(([, , from = '']) => module.test(from))
      .flatMap(([, names = '']) => names.split(','))
      .map((name) => name.replace(/\btype\b|\bas\b.*/g, '').trim())
      .filter((name) => name !== '')
      .map((name) => `${path}: ${name}`),
  );
}

describe('the sources of the runtime stores', () => {
  it('are looked at', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(importedFrom(/^@holdfast\/atomic-writer$/).length).toBeGreaterThan(2);
  });

  it('write files with AtomicWriter, StateReader and ResetExecutor alone', () => {
    const harmless =
      /: (?:[a-zA-Z]*(?:read|stat|exists|realpath|access|close|constants)[a-zA-Z]*|mkdirSync|openSync)$/i;
    const imported = importedFrom(/^(?:node:)?fs(?:\/promises)?$/);
    expect(imported.filter((name) => !harmless.test(name))).toEqual([]);
    const openers = imported.filter((name) => name.endsWith(': openSync'));
    for (const opener of openers) {
      const { text = '' } = sources.find(({ path }) => opener.startsWith(`${path}:`)) ?? {};
      expect([opener, /O_WRONLY|O_RDWR|O_CREAT|openSync\([^)]*'[^']*[wa+]/.test(text)]).toEqual([
        opener,
        false,
      ]);
    }
    expect(sources.filter(({ text }) => /from '(?:write-file-atomic|graceful-fs)'/.test(text))).toEqual([]);
  });

  it('lock with LockRunner alone', () => {
    const others = /from '(?:proper-lockfile|async-mutex|koffi|redlock|os-lock|fs-ext)'|\bflock\(/;
    expect(sources.filter(({ text }) => others.test(text)).map(({ path }) => path)).toEqual([]);
    expect(importedFrom(/^@holdfast\/lock-runner$/).length).toBeGreaterThan(4);
  });
});
