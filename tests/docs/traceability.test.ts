/** `docs/traceability.md` ties every sentence of the requirement documents to tests that exist. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/repository.ts';
import { type Citation, citationsOf, type Requirement, requirementSources } from './requirement-sources.ts';
import { sourceFiles } from './source-files.ts';
import { titlesOf } from './test-titles.ts';

const sources = requirementSources();
const requirements = sources.flatMap((source) => source.requirements);
const citations = requirements.flatMap((requirement) => requirement.citations);
const statuses = ['met', 'partly', 'open'];
/** Where the project keeps the requirement documents, beside the checkout; a user of Holdfast does not have them. */
const originals = join(repository, '../shared/requirements');

describe('docs/traceability.md', () => {
  it('has a section for each of the five documents, with as many requirements as it says', () => {
    expect(sources).toHaveLength(5);
    expect(sources.map(({ count }) => count)).toEqual(sources.map((source) => source.requirements.length));
  });

  it('has every id once', () => {
    const ids = requirements.map(({ id }) => id);
    expect(ids.filter((id, index) => id === '' || ids.indexOf(id) !== index)).toEqual([]);
  });

  it('has no status but met, partly and open', () => {
    expect(requirements.filter(({ status }) => !statuses.includes(status)).map(({ id }) => id)).toEqual([]);
    const counts = statuses.map(
      (status) => `${requirements.filter((each) => each.status === status).length} ${status}`,
    );
    process.stdout.write(`requirements: ${counts.join(', ')}\n`);
  });

  it('cites a test for everything that is met, even partly, and none for what is open', () => {
    const isRight = ({ status, citations }: Requirement) => citations.length > 0 === (status !== 'open');
    expect(requirements.filter((each) => !isRight(each)).map(({ id }) => id)).toEqual([]);
  });

  it('cites only tests that exist', () => {
    const missing = requirements.flatMap(({ id, citations }) =>
      citations.filter((citation) => !exists(citation)).map((citation) => ({ id, ...citation })),
    );
    expect(missing).toEqual([]);
  });

  it('cites a contract only when a test file calls it', () => {
    const contracts = citations.map(({ path }) => path).filter((path) => !path.endsWith('.test.ts'));
    const called = reachedByTests();
    expect(contracts.filter((path) => !called.has(path))).toEqual([]);
  });

  if (existsSync(originals)) {
    it.each(sources)(
      'accounts for every line of $file',
      ({ file, sha256, requirements: rows, otherLines }) => {
        const text = readFileSync(join(originals, file), 'utf8');
        expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
        const accounted = [...rows.flatMap(({ lines }) => lines), ...otherLines];
        expect(accounted.filter((line, index) => accounted.indexOf(line) !== index)).toEqual([]);
        const written = text
          .split('\n')
          .flatMap((line, index) => (/[\p{L}\p{N}]/u.test(line) ? [index + 1] : []));
        expect(written.filter((line) => !accounted.includes(line))).toEqual([]);
      },
    );
  }
});

describe('the look-up of a citation', () => {
  it.each([
    ['`tests/docs/traceability.test.ts › has every id once`', true],
    ['`tests/docs/traceability.test.ts › docs/traceability.md › accounts for every line of $file`', true],
    ['`tests/docs/traceability.test.ts › another suite › has every id once`', false],
    ['`tests/docs/traceability.test.ts › has every id`', false],
    ['`tests/docs/traceability.test.ts › docs/traceability.md`', false],
    ['`tests/docs/no-such.test.ts › has every id once`', false],
    ['`tests/docs/traceability.test.ts`', false],
  ])('of %s finds it: %s', (cell, isFound) => {
    expect(citationsOf(cell).every(exists)).toBe(isFound);
  });
});

/** Every source file that a test file imports, directly or through others. */
function reachedByTests(): ReadonlySet<string> {
  const files = new Map(sourceFiles('packages', 'apps', 'tests').map(({ path, text }) => [path, text]));
  const reached = new Set([...files.keys()].filter((path) => path.endsWith('.test.ts')));
  for (const path of reached) {
    const imports = files.get(path)?.matchAll(/\bfrom '(\.[^']+)'/g) ?? [];
    for (const [, specifier = ''] of imports) reached.add(join(dirname(path), specifier));
  }
  return reached;
}

function exists({ path, titles }: Citation): boolean {
  const file = join(repository, path);
  const test = titles.at(-1);
  if (!existsSync(file) || test === undefined) return false;
  const { tests, suites } = titlesOf(readFileSync(file, 'utf8'));
  return tests.has(test) && titles.slice(0, -1).every((title) => suites.has(title));
}
