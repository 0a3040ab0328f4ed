/** `docs/glossary.md` has the words of today's code, in order, each with the file that owns it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/repository.ts';
import { sourceFiles } from './source-files.ts';

const lines = readFileSync(join(repository, 'docs/glossary.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('- '));
const entries = lines.map((line) => {
  const [, term = '', owner = ''] = /^- \*\*([^*]+)\*\* — .* `([^`]+)`$/.exec(line) ?? [];
  return { line, term, owner };
});
const terms = entries.map(({ term }) => term);

const sources = sourceFiles('packages', 'apps').filter(({ path }) => !path.endsWith('.test.ts'));

describe('docs/glossary.md', () => {
  it('has a term, a meaning and an owner in every line', () => {
    expect(entries.length).toBeGreaterThan(0);
    expect(entries.filter(({ term }) => term === '').map(({ line }) => line)).toEqual([]);
  });

  it('is in alphabetical order and has every term once', () => {
    expect(terms).toEqual([...new Set(terms)].toSorted());
  });

  it('has only terms that occur in the source', () => {
    const text = sources.map((file) => file.text).join('\n');
    expect(terms.filter((term) => !occursIn(text, term))).toEqual([]);
  });

  it('names an owner that has the term', () => {
    const isOwner = ({ term, owner }: { readonly term: string; readonly owner: string }) => {
      const file = sources.find(({ path }) => path === owner);
      return file !== undefined && lettersOf(file.path + file.text).includes(lettersOf(term));
    };
    expect(entries.filter((entry) => !isOwner(entry)).map(({ line }) => line)).toEqual([]);
  });
});

/** So that `wait limit` is found in `wait-limit.ts` and in `WaitLimit`. */
function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z]/g, '');
}

/** At the beginning of a word, so that `hold` is found in `holds`; a line may break inside a term. */
function occursIn(text: string, term: string): boolean {
  return new RegExp(`(?<![a-z])${term.replaceAll(' ', '[\\s*]+')}`, 'i').test(text);
}
