/** `docs/mutations.md` and the code say the same of every answer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { changesKept, problemTable, receiptTtlMs } from '@holdfast/mutations';
import { describe, expect, it } from 'vitest';
import { codesOf, tablesOf } from '../docs/markdown.ts';
import { repository } from '../support/repository.ts';

const text = readFileSync(join(repository, 'docs/mutations.md'), 'utf8');
const rows = tablesOf(text)
  .filter(({ heading }) => heading === 'Answers')
  .flatMap((table) => table.rows);

describe('docs/mutations.md', () => {
  it('has every problem with its status, its type and what to do next, and no other', () => {
    const documented = rows
      .filter(([, , , type]) => type !== '–')
      .map(([, , status = '', type = '', retry = '']) => {
        const [name = ''] = codesOf(type);
        const urn = name.startsWith('https:') ? name : `urn:panel:problem:${name}`;
        return `${Number(status)} ${urn} ${codesOf(retry)[0]}`;
      });
    const coded = Object.values(problemTable).map(({ status, type, retry }) => `${status} ${type} ${retry}`);
    expect(documented.toSorted()).toEqual(coded.toSorted());
  });

  it('tells the limits that the code has', () => {
    expect(receiptTtlMs).toBe(24 * 3_600_000);
    expect(changesKept).toBe(50);
    expect(text).toContain('kept for 24 hours');
    expect(text).toContain('the last fifty changes');
  });
});

describe('an answer that clients rely on', () => {
  const asked = [
    ['precondition-required', 428],
    ['mutation-id-missing', 400],
    ['version-conflict', 409],
    ['version-conflict', 412],
    ['deleted-conflict', 409],
    ['state-conflict', 409],
    ['mutation-id-reused', 422],
    ['mutation-in-flight', 409],
    ['forbidden', 403],
    ['busy', 503],
  ] as const;

  it.each(asked)('is %s as %i', (type, status) => {
    const row = rows.find(
      ([, , documented, name = '']) => Number(documented) === status && codesOf(name)[0] === type,
    );
    expect(row).toBeDefined();
  });
});
