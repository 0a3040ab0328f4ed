/** `docs/metadata_cache.md` says what the code does: decisions, timing, codes, and tests that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable } from '@holdfast/base';
import { describe, expect, it } from 'vitest';
import { commands } from '../../apps/metadata-cache/src/commands.ts';
import { fetchBackoff, fetchTries } from '../../apps/metadata-cache/src/source/downloads.ts';
import {
  allowances,
  type CacheState,
  cacheStates,
} from '../../apps/metadata-cache/src/steward/cache-facts.ts';
import { decideCache } from '../../apps/metadata-cache/src/steward/cache-policy.ts';
import {
  type CacheReasonKind,
  cacheReason,
  cacheReasonKinds,
} from '../../apps/metadata-cache/src/steward/cache-reason.ts';
import { codesOf, tablesOf } from '../docs/markdown.ts';
import { citationsOf } from '../docs/requirement-sources.ts';
import { titlesOf } from '../docs/test-titles.ts';
import { repository } from '../support/repository.ts';

const text = readFileSync(join(repository, 'docs/metadata_cache.md'), 'utf8');
const tables = tablesOf(text);
const tableUnder = (heading: string) => {
  const table = tables.find((each) => each.heading === heading);
  if (table === undefined) throw new Error(`no table under ${heading}`);
  return table;
};

/** One word where the three allowances decide alike. */
function decisionsOf(kind: CacheReasonKind, state: CacheState): string {
  const found = allowances.map((allowance) => {
    const verdict = decideCache(cacheReason(kind), { state, allowance });
    if (verdict.kind === 'act') return verdict.actions.join();
    return verdict.kind === 'keep' ? 'serve' : verdict.kind;
  });
  return new Set(found).size === 1 ? (found[0] ?? '') : found.join(', ');
}

describe('docs/metadata_cache.md', () => {
  it('has every decision of the steward', () => {
    const { columns, rows } = tableUnder('Decisions');
    expect(columns).toEqual(['reason', ...cacheStates]);
    expect(rows).toEqual(
      cacheReasonKinds.map((kind) => [kind, ...cacheStates.map((state) => decisionsOf(kind, state))]),
    );
  });

  it('has the timing of requests as it is', () => {
    const [, row = []] = tableUnder('Timing').rows;
    expect(row.slice(1).join(' ')).toContain(
      `${fetchBackoff.initialMs} ms, doubling, ${fetchBackoff.jitter} jitter`,
    );
    expect(row[2]).toBe(`${fetchBackoff.maxMs.toLocaleString('en').replace(',', ' ')} ms`);
    expect(row[3]?.startsWith(`${fetchTries};`)).toBe(true);
  });

  it('has every command, and only codes that there are', () => {
    const named = tableUnder('Commands').rows.map(([command = '']) => codesOf(command)[0]?.split(' ')[0]);
    expect(named).toEqual(commands.map(({ word }) => word));
    const codes = [...text.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code = '']) => code);
    const known = codes.filter((code) => !code.startsWith('HOLDFAST_') && code !== 'NODE_EXTRA_CA_CERTS');
    expect(known.filter((code) => !(code in errorTable))).toEqual([]);
  });

  it('cites a test that exists for every criterion', () => {
    const cited = tableUnder('Traceability').rows.map(([criterion = '', tests = '']) => ({
      criterion,
      citations: citationsOf(tests).filter(({ path }) => path.endsWith('.ts')),
    }));
    expect(cited.filter(({ citations }) => citations.length === 0)).toEqual([]);
    const missing = cited
      .flatMap(({ citations }) => citations)
      .filter(({ path, titles }) => {
        const file = join(repository, path);
        if (!existsSync(file)) return true;
        return !titlesOf(readFileSync(file, 'utf8')).tests.has(titles.at(-1) ?? '');
      });
    expect(missing).toEqual([]);
  });
});
